"""Names in sentences."""

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
