"""Names in sentences."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 5  # names in an error


def listed(names: Sequence[str], one: str, many: str) -> str:
    """Return "class cat", or "3 classes (cat, cow, dog)"."""
    return f"{one} {names[0]}" if len(names) == 1 else f"{len(names)} {many} ({shortened(names)})"


def shortened(names: Sequence[str]) -> str:
    """Return the first few names."""
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
