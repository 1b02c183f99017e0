"""Tables of figures for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

WIDEST_MATRIX = 20  # classes; a larger matrix is not for a terminal


def tabulate_shares(
    title: str, rows: Sequence[dict[str, Any]], columns: Sequence[str]
) -> Iterator[str]:
    """Yield a table of shares, a row per class or label, with its support at the end."""
    width = max(len(row["name"]) for row in [*rows, {"name": title}])
    widths = {name: max(len(name), 6) for name in columns}
    head = "  ".join(f"{name.replace('_', ' '):>{widths[name]}}" for name in columns)
    yield f"{title:{width}}  {head}  support"
    for row in rows:
        cells = "  ".join(
            f"{'-' if row[name] is None else format(row[name], '.4f'):>{widths[name]}}"
            for name in columns
        )
        yield f"{row['name']:{width}}  {cells}  {row['support']:7}"


def tabulate_confusion(confusion: Sequence[Sequence[int]], names: Sequence[str]) -> Iterator[str]:
    """Yield the confusion matrix behind an empty line, unless it is too wide.

    Its columns have their classes' numbers, as names are long.
    """
    if len(names) > WIDEST_MATRIX:
        return
    yield ""
    width = max(map(len, [*names, "class"]))
    cell = max(len(str(max(map(max, confusion)))), len(str(len(names)))) + 1
    yield f"{'true':{width}}    predicted"
    yield " " * (width + 4) + "".join(f"{i:{cell}}" for i in range(len(names)))
    for i, (name, row) in enumerate(zip(names, confusion, strict=True)):
        yield f"{name:{width}} {i:2} " + "".join(f"{count:{cell}}" for count in row)
