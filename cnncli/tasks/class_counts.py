"""How many samples each class or label has, in words, and which have too few."""

from __future__ import annotations

from collections.abc import Sequence

LISTED = 10  # counts in a line; of more, the lowest and the highest are told
FEWEST = 5  # samples of a class
RAREST = 20  # times fewer than the largest class has
SHOWN = 5  # rare classes in a notice


def describe_counts(names: Sequence[str], counts: Sequence[int]) -> str:
    """Return the counts by name: "cat (20), dog (30)"; of many, the lowest and the highest."""
    if len(names) <= LISTED:
        return _join(names, counts, range(len(names)))
    order = _sort(counts)
    if counts[order[0]] == counts[order[-1]]:
        return f"{counts[0]} each"
    return f"{_join(names, counts, order[:3])}, … {_join(names, counts, order[-2:])}"


def warn_of_rare(names: Sequence[str], counts: Sequence[int], noun: str) -> str:
    """Return which classes have fewer than 5 samples or 20 times fewer than the largest, or ""."""
    order, largest = _sort(counts), max(range(len(counts)), key=counts.__getitem__)
    rare = [i for i in order if counts[i] < FEWEST or counts[i] * RAREST <= counts[largest]]
    if not rare:
        return ""
    shown = _join(names, counts, rare[:SHOWN]) + (", …" if len(rare) > SHOWN else "")
    beside = "" if largest in rare else f", where {names[largest]} has {counts[largest]}"
    return (
        f"few {noun}s: {shown}{beside}; add some, for the network will hardly learn so few, and "
        "figures on them say little"
    )


def _join(names: Sequence[str], counts: Sequence[int], chosen: Sequence[int]) -> str:
    return ", ".join(f"{names[i]} ({counts[i]})" for i in chosen)


def _sort(counts: Sequence[int]) -> list[int]:
    """Return the positions of the counts, the lowest first."""
    return sorted(range(len(counts)), key=lambda i: counts[i])
