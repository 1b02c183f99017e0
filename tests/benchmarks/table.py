"""The table of one or several result files, in GitHub's Markdown: table.py RESULTS.json ..."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

from contestants import COLUMNS

Result = dict[str, Any]
MODES = {
    "train": "training",
    "predict": "prediction",
    "predict-1": "prediction",
    "process": "whole process",
}


def speed(result: Result) -> float:
    """Return images per second, the median of the rounds."""
    middle = median(result["rounds"])
    return 1 / middle if result["unit"] == "s" else middle


def spread(result: Result) -> float:
    """Return half the distance from the worst round to the best, relative to the median."""
    rounds = result["rounds"]
    return (max(rounds) - min(rounds)) / 2 / median(rounds)


def tables(results: list[Result]) -> str:
    """Return a table for each mode."""
    modes = {one["mode"]: None for one in results}
    found = ([one for one in results if one["mode"] == mode] for mode in modes)
    return "\n\n".join(table(one) for one in found)


def table(results: list[Result]) -> str:
    """Return a row for each workload and mode; of a family's variants it shows the quickest."""
    families = [one for one in COLUMNS if any(result["family"] == one for result in results)]
    titles = ["network", "mode", "batch", *(COLUMNS[one] for one in families), "cnncli / best"]
    lines = [titles, ["---"] * 2 + ["--:"] * (len(titles) - 2)]
    for row in _rows(results):
        best = _best(row)
        cells = [_cell(_quickest(row, family), best) for family in families]
        ratio = "" if best is None else f"{_ratio(row):.2f}x"
        first = row[0]
        lines.append([first["workload"], MODES[first["mode"]], str(first["batch"]), *cells, ratio])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def summary(results: list[Result]) -> list[Result]:
    """Return, for each workload and mode, the best rival and our speed in units of its speed."""
    return [
        {name: row[0][name] for name in ("workload", "mode", "batch")}
        | {"best": best["rival"], "ratio": _ratio(row)}
        for row in _rows(results)
        if (best := _best(row))
    ]


def _rows(results: list[Result]) -> list[list[Result]]:
    rows: dict[tuple[str, str], list[Result]] = {}
    for one in results:
        rows.setdefault((one["workload"], one["mode"]), []).append(one)
    return list(rows.values())


def _quickest(row: list[Result], family: str) -> Result | None:
    return max((one for one in row if one["family"] == family), key=speed, default=None)


def _best(row: list[Result]) -> Result | None:
    """Return the best rival, where there are both rivals and figures of our own."""
    rivals = [one for one in row if one["compared"] and one["family"] != "cnncli"]
    return max(rivals, key=speed, default=None) if _quickest(row, "cnncli") else None


def _ratio(row: list[Result]) -> float:
    return speed(_quickest(row, "cnncli")) / speed(_best(row))


def _cell(result: Result | None, best: Result | None) -> str:
    if result is None:
        return ""
    value, around = speed(result), f" ±{100 * spread(result):.0f} %"
    if result["unit"] == "s":
        text = f"{1 / value:.3f} s{around}, {median(result['megabytes']):.0f} MB"
    else:
        text = f"{value:,.{0 if value >= 100 else 1}f}{around}"
    return f"**{text}**" if result is best else text


if __name__ == "__main__":
    files = [json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:]]
    print(tables([result for file in files for result in file["results"]]))
