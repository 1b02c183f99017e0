import errno
import fcntl
import io
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from cnncli.errors import UsageError
from cnncli.model_file.atomic import check_writable, write_atomically

ROOT = os.geteuid() == 0


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".tmp"))


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(b"old")
    return path


def test_bytes_are_written(tmp_path):
    write_atomically(tmp_path / "new", b"content")
    assert (tmp_path / "new").read_bytes() == b"content"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_function_can_write_them(tmp_path):
    write_atomically(tmp_path / "new", lambda stream: stream.write(b"content"))
    assert (tmp_path / "new").read_bytes() == b"content"


def test_a_relative_name_is_one_of_this_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_atomically("new", b"content")
    assert (tmp_path / "new").read_bytes() == b"content"


# What exists


def test_what_exists_is_kept_without_force(target):
    with pytest.raises(UsageError) as caught:
        write_atomically(target, b"new")
    assert str(caught.value) == f"{target}: already exists; use -f to overwrite it"
    assert caught.value.path == str(target)
    assert target.read_bytes() == b"old"


def test_force_replaces_it_by_another_file_at_once(target):
    with target.open("rb") as reader:
        write_atomically(target, b"new", force=True)
        assert reader.read() == b"old"
    assert target.read_bytes() == b"new"


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(target):
    def fail(stream):
        stream.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, fail, force=True)
    assert target.read_bytes() == b"old"
    assert leftovers(target.parent) == []


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o444, 0o660])
def test_permissions_are_kept(target, mode):
    target.chmod(mode)
    write_atomically(target, b"new", force=True)
    assert target.read_bytes() == b"new"
    assert mode_of(target) == mode


def test_a_read_only_file_is_kept_without_force(target):
    target.chmod(0o444)
    with pytest.raises(UsageError, match="already exists"):
        write_atomically(target, b"new")


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_permissions_of_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "new", b"")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "new") == 0o666 & ~umask


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_the_owner_is_kept(target):
    os.chown(target, 1234, 5678)
    write_atomically(target, b"new", force=True)
    assert (target.stat().st_uid, target.stat().st_gid) == (1234, 5678)


# Names


@pytest.mark.parametrize("name", ["n" * 255, "ü" * 127, "a b\n'c", "\udcff.npz", "-", ".hidden"])
def test_any_name_a_folder_takes_can_be_written_again(tmp_path, name):
    for content in (b"one", b"two"):
        write_atomically(tmp_path / name, content, force=True)
        assert (tmp_path / name).read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "is a folder; give the name of a file in it"),
        ("folder", "is a folder; give the name of a file in it"),
        ("new/", "is a folder; give the name of a file in it"),
        ("nowhere/new", "there is no folder"),
        ("file/new", "not a directory; give another name"),
        ("n" * 256, "file name too long; give another name"),
        ("loop", "too many levels of symbolic links; give another name"),
    ],
)
def test_a_path_that_cannot_be_written_is_known_before_the_work(tmp_path, name, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    path = f"{tmp_path}/{name}"
    with pytest.raises(UsageError) as caught:
        check_writable(path, force=True)
    assert str(caught.value).startswith(f"{path}: {message}")


@pytest.mark.skipif(ROOT, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_known_before_the_work(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(UsageError, match="cannot be written to; choose another"):
        check_writable(tmp_path / "new")


def test_a_path_that_can_be_written_passes(target):
    check_writable(target, force=True)
    check_writable(target.parent / "new")
    check_writable("-")
    check_writable("/dev/null")


# Links, pipes, devices


def test_a_link_is_followed_and_stays(tmp_path, target):
    (tmp_path / "link").symlink_to(target.name)
    with pytest.raises(UsageError, match="already exists"):
        write_atomically(tmp_path / "link", b"new")
    write_atomically(tmp_path / "link", b"new", force=True)
    assert (tmp_path / "link").is_symlink()
    assert target.read_bytes() == b"new"


def test_a_link_into_the_void_makes_its_target(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/new")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there/new").read_bytes() == b"new"


def test_a_link_into_a_missing_folder_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("there/new")
    with pytest.raises(UsageError, match="there is no folder"):
        check_writable(tmp_path / "link")


def test_a_pipe_is_written_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, b"through the pipe")
    reader.join()
    assert read == [b"through the pipe"]
    assert pipe.is_fifo()


def test_a_device_is_written_and_stays():
    write_atomically("/dev/null", b"nothing")
    assert Path("/dev/null").is_char_device()


def test_a_full_device_says_so():
    with pytest.raises(OSError) as caught:
        write_atomically("/dev/full", b"nothing")
    assert caught.value.errno == errno.ENOSPC
    assert Path("/dev/full").is_char_device()


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        with pytest.raises(UsageError, match="is neither a file nor a pipe"):
            write_atomically("socket", b"", force=True)


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_stdout_is_written(monkeypatch, name):
    stdout = SimpleNamespace(buffer=io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stdout)
    write_atomically(name, b"content")
    assert stdout.buffer.getvalue() == b"content"


# Full disks and kills


def test_a_full_disk_leaves_the_old_file_and_nothing_else(target):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OSError) as caught:
            write_atomically(target, bytes(20_000), force=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.errno == errno.EFBIG
    assert target.read_bytes() == b"old"
    assert leftovers(target.parent) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from cnncli.model_file.atomic import write_atomically

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def write(stream):
    stream.write(b"ne")
    stream.flush()
    if moment == "half written":
        die()
    stream.write(b"w")

def sync(descriptor, fsync=os.fsync):
    if moment == "before it is on the disk":
        die()
    fsync(descriptor)

def rename(source, target, replace=Path.replace):
    if moment == "before it has its name":
        die()
    replace(source, target)
    if moment == "with its name":
        die()

moment, os.fsync, Path.replace = sys.argv[2], sync, rename
write_atomically(sys.argv[1], write, force=True)
"""


@pytest.mark.parametrize(
    ("moment", "content", "left"),
    [
        ("half written", b"old", 1),
        ("before it is on the disk", b"old", 1),
        ("before it has its name", b"old", 1),
        ("with its name", b"new", 0),
    ],
)
def test_a_kill_leaves_the_old_file_or_the_new_one(target, moment, content, left):
    target.write_bytes(b"old")

    ran = subprocess.run([sys.executable, "-c", KILLED, str(target), moment], check=False)

    assert ran.returncode == -signal.SIGKILL
    assert target.read_bytes() == content
    assert len(leftovers(target.parent)) == left
    write_atomically(target, b"next", force=True)
    assert target.read_bytes() == b"next" and leftovers(target.parent) == []


def dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_temporary_files_of_the_dead_are_removed(target):
    folder = target.parent
    of_the_dead = folder / f".model.npz.{dead_pid()}.tmp"
    of_a_namesake = folder / f".model.npz.{os.getpid()}.tmp"
    for path in (of_the_dead, of_a_namesake):
        path.write_bytes(b"half")
    write_atomically(target, b"new", force=True)
    assert leftovers(folder) == []


def test_temporary_files_of_others_stay(target):
    folder = target.parent
    pid = dead_pid()
    names = [f".model.npz.{os.getppid()}.tmp", f".other.npz.{pid}.tmp", ".model.npz.x.tmp", "x.tmp"]
    for name in names:
        (folder / name).write_bytes(b"half")
    write_atomically(target, b"new", force=True)
    assert leftovers(folder) == sorted(names)


def test_a_temporary_file_being_written_in_another_container_stays(target):
    other = target.parent / f".model.npz.{dead_pid()}.tmp"
    with other.open("wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        write_atomically(target, b"new", force=True)
        assert other.exists()


def test_a_temporary_file_is_locked_while_it_is_written(target):
    def write(_):
        (name,) = leftovers(target.parent)
        with (target.parent / name).open("rb") as again, pytest.raises(BlockingIOError):
            fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)

    write_atomically(target, write, force=True)


def test_the_file_is_on_the_disk_before_its_name_and_then_the_name(target, monkeypatch):
    synced = []

    def fsync(descriptor):
        file = Path(f"/proc/self/fd/{descriptor}")
        synced.append((file.read_bytes() if file.is_file() else None, target.read_bytes()))

    monkeypatch.setattr(os, "fsync", fsync)
    write_atomically(target, b"new", force=True)
    assert synced == [(b"new", b"old"), (None, b"new")]
