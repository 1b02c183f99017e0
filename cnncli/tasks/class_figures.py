"""Precision, recall and F1 of each class, and tables of figures for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.tasks.metrics import share

WIDEST_MATRIX = 20  # classes; a larger matrix is for --json or --confusion


def class_figures(names: Sequence[str], confusion: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return precision, recall, F1 and support of each class; None stands for 0/0.

    `confusion` (K, K) has a row per true class and a column per predicted one.
    """
    hits, support, claimed = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    return [
        {"name": name, **shares(hits=one, claimed=said, support=true)}
        for name, one, said, true in zip(
            names, hits.tolist(), claimed.tolist(), support.tolist(), strict=True
        )
    ]


def shares(*, hits: int, claimed: int, support: int) -> dict[str, Any]:
    """Return the figures of one class that was rightly found `hits` times."""
    return {
        "precision": share(hits, claimed),
        "recall": share(hits, support),
        "f1": share(2 * hits, claimed + support),
        "support": support,
    }


def shares_table(
    title: str, rows: Sequence[dict[str, Any]], columns: Sequence[str]
) -> Iterator[str]:
    """Yield a table of shares, a row per class or label, with its support at the end."""
    width = max(len(one["name"]) for one in [*rows, {"name": title}])
    widths = {name: max(len(name), 6) for name in columns}
    head = "  ".join(f"{name.replace('_', ' '):>{widths[name]}}" for name in columns)
    yield f"{title:{width}}  {head}  support"
    for one in rows:
        cells = "  ".join(
            f"{'-' if one[name] is None else format(one[name], '.4f'):>{widths[name]}}"
            for name in columns
        )
        yield f"{one['name']:{width}}  {cells}  {one['support']:7}"


def matrix(confusion: Sequence[Sequence[int]], names: Sequence[str]) -> Iterator[str]:
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
