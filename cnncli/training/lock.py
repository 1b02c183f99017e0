"""A lock on a model file, so that two processes do not train the same one.

The system drops it when its process ends, however that ends: a file that is left over blocks nobody
(flock(2)).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from cnncli.errors import CnncliError
from cnncli.training.checkpoint import locate_beside


@contextlib.contextmanager
def lock_model(model: str) -> Iterator[None]:
    """Keep other processes from training a model meanwhile; raise CnncliError where one does.

    File systems without locks, and models that go to no file, are not locked.
    """
    path = locate_beside(model, before=".", behind=".lock")
    if path is None:
        yield
        return
    descriptor = _open_locked(path, model)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _open_locked(path: Path, model: str) -> int:
    """Return the descriptor of the lock file, which has the number of this process in it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)  # less the umask
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 20).decode(errors="replace").strip()
            os.close(descriptor)
            process = f"process {owner}" if owner.isdigit() else "another process"
            raise CnncliError(
                f"{model}: {process} is training it; wait for its end, or give another name",
                path=model,
            ) from None
        except OSError:
            pass  # a file system without locks
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
            return descriptor
        os.close(descriptor)  # its owner removed it just now
