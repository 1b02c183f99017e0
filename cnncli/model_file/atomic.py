"""Write a file so that a kill, a crash or a full disk leaves the old or the new file."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from cnncli.errors import UsageError

STDOUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
LONGEST_STEM = 240  # bytes of a name kept in the temporary name: `.`, `.pid.tmp` make it 255

Data = bytes | Callable[[BinaryIO], object]  # what to write, or a function that writes it


def write_atomically(path: str | os.PathLike[str], data: Data, *, force: bool = False) -> None:
    """Write a whole file or nothing: a temporary file beside it, fsync, rename.

    Links are followed and permissions kept; stdout (`-`), pipes and devices are written straight.
    Raises UsageError as `check_writable` does; an OSError, such as of a full disk, goes on up.
    """
    check_writable(path, force=force)
    if os.fspath(path) in STDOUT:
        _write(sys.stdout.buffer, data)
    elif Path(path).exists() and not Path(path).is_file():
        with Path(path).open("wb") as stream:
            _write(stream, data)
    else:
        _replace(Path(path).resolve(), data)


def check_writable(path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Raise UsageError for a path that cannot be written; to be called before the work begins."""
    path = os.fspath(path)
    if path not in STDOUT and (fault := _find_fault(path, force)):
        raise UsageError(f"{path}: {fault}", path=path)


def _find_fault(path: str, force: bool) -> str | None:
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        mode = None
    except OSError as error:
        return f"{(error.strerror or '').lower()}; give another name"
    if path.endswith("/") or (mode and stat.S_ISDIR(mode)):
        return "is a folder; give the name of a file in it"
    if mode and (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
        return None
    if mode and not stat.S_ISREG(mode):
        return "is neither a file nor a pipe; give another name"
    if mode and not force:
        return "already exists; use -f to overwrite it"
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        return f"there is no folder {folder}; make it first"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"the folder {folder} cannot be written to; choose another"
    return None


def _replace(target: Path, data: Data) -> None:
    remove_leftovers(target)
    temporary = target.with_name(f".{_cut_stem(target)}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)  # less the umask
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            _write(stream, data)
            _keep_permissions(descriptor, target)
            os.fsync(descriptor)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _write(stream: BinaryIO, data: Data) -> None:
    if isinstance(data, bytes):
        stream.write(data)
    else:
        data(stream)
    stream.flush()


def _keep_permissions(descriptor: int, target: Path) -> None:
    if target.exists():
        old = target.stat()
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    """Make the rename last; some file systems cannot, and need not."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(target: Path) -> None:
    """Remove the temporary files of writers of this target that were killed.

    `target` has no links in it. Writing it again does so by itself.
    """
    names = re.compile(re.escape(f".{_cut_stem(target)}.") + r"([0-9]{1,9})\.tmp")
    for entry in target.parent.iterdir():
        match = names.fullmatch(entry.name)
        if match and not _is_another(int(match[1])):
            with contextlib.suppress(OSError), entry.open("rb") as leftover:
                fcntl.flock(leftover, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails in another container
                entry.unlink()


def _is_another(pid: int) -> bool:
    """Say whether another process of this number runs (in a container, numbers come again)."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _cut_stem(target: Path) -> str:
    return os.fsdecode(os.fsencode(target.name)[:LONGEST_STEM])
