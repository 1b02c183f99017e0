"""Decode without a word from Pillow, in any number of threads."""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from functools import cache

# Pillow logs some errors before it raises them; unheard, unless the program listens.
logging.getLogger("PIL").addHandler(logging.NullHandler())


@cache
def silence_libtiff() -> None:
    """Keep libtiff, which Pillow has loaded, from writing to stderr by itself.

    What it finds wrong reaches Pillow as an error, too. The library is looked for among those that
    are mapped into memory, where Linux tells; elsewhere it goes on speaking.
    """
    import ctypes
    import re
    from pathlib import Path

    with contextlib.suppress(OSError, AttributeError):
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape")
        for path in sorted(set(re.findall(r"/\S*/libtiff[^/\s]*\.so\S*", maps))):
            library = ctypes.CDLL(path)
            library.TIFFSetErrorHandler(None)
            library.TIFFSetWarningHandler(None)


class Quiet:
    """Keeps Pillow's warnings to itself while any thread decodes.

    `warnings.catch_warnings` is not made for threads: only the first to come in and the last to
    go out may touch the filters.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.caught = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.caught = warnings.catch_warnings()
                self.caught.__enter__()
                warnings.simplefilter("ignore")
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.caught.__exit__(None, None, None)


quiet = Quiet()
