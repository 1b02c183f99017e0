"""Names and times in sentences."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 5  # names in an error


def count_names(names: Sequence[str], singular: str, plural: str) -> str:
    """Return "class cat", or "3 classes (cat, cow, dog)"."""
    if len(names) == 1:
        return f"{singular} {names[0]}"
    return f"{len(names)} {plural} ({shorten(names)})"


def shorten(names: Sequence[str]) -> str:
    """Return the first few names."""
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


def write_time(seconds: float) -> str:
    """Write a time in the unit that people would take."""
    for unit, length in (("h", 3600.0), ("min", 60.0), ("s", 1.0)):
        if seconds >= 2 * length or (unit == "s" and seconds >= 1):
            return f"{seconds / length:.3g} {unit}"
    return f"{1000 * seconds:.3g} ms"
