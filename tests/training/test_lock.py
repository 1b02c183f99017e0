import fcntl
import os
import signal
import subprocess
import sys

import pytest

from cnncli.errors import CnncliError
from cnncli.training.lock import lock_model

HOLD = """
import sys, time
from cnncli.training.lock import lock_model
with lock_model(sys.argv[1]):
    print("locked", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of a model."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "m.npz")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_a_model_is_locked_meanwhile_and_nothing_is_left(tmp_path):
    with lock_model(str(tmp_path / "m.npz")):
        assert [path.name for path in tmp_path.iterdir()] == [".m.npz.lock"]
    assert list(tmp_path.iterdir()) == []


def test_a_second_process_is_refused_and_told_of_the_first(tmp_path, holder):
    path = tmp_path / "m.npz"
    with pytest.raises(CnncliError) as refused, lock_model(str(path)):
        pytest.fail("the model was locked twice")
    assert refused.value.exit_code == 1
    assert str(refused.value) == (
        f"{path}: process {holder.pid} is training it; wait for its end, or give another name"
    )
    with lock_model(str(tmp_path / "other.npz")):
        pass


def test_a_killed_process_blocks_nobody(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with lock_model(str(tmp_path / "m.npz")):
        assert (tmp_path / ".m.npz.lock").read_text() == f"{os.getpid()}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks_is_no_hindrance(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with lock_model(str(tmp_path / "m.npz")):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["-", "/dev/null"])
def test_what_is_no_file_is_not_locked(path):
    with lock_model(path), lock_model(path):
        pass


def test_the_longest_name_can_be_locked(tmp_path):
    with lock_model(str(tmp_path / ("m" * 255))):
        (lock,) = tmp_path.iterdir()
        assert len(lock.name) == 255
