"""What a planted fault is."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """A change to a file that some tests must notice: `right`, which stands there once, to `wrong`.

    Plain `pytest` runs these tests, and they do without PyTorch.
    """

    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]
