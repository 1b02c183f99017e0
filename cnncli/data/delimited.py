"""Cells in lines of text, as spreadsheets, pandas and R write them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence

DELIMITERS = {".csv": ",", ".tsv": "\t"}
NUMERAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)
WITH_COMMA = re.compile(r"\s*[+-]?\d*,\d+(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)
SPACED = re.compile(r"[-+.\deEnaN ]+\s*")  # numbers between spaces
UNNAMED = re.compile(r"(unnamed: \d+)?", re.IGNORECASE)  # pandas' name of a column without one
HEAD = 20  # lines that show what parts cells


def find_delimiter(lines: Sequence[str], usual: str | None) -> str:
    """Return what parts the cells of a table: `usual`, unless its first lines say otherwise.

    None stands for a comma. Semicolons are what spreadsheets write where commas are decimal.
    """
    usual = usual or ","
    head = [re.sub('"[^"]*"', "", line) for line in lines[:HEAD] if line.strip()]
    if not head:
        return usual
    if usual != ";" and _parts(head, ";"):
        cells = ";".join(head).split(";")
        if "," not in head[0] or all(map(_is_safe, cells)):
            return ";"
    for other in ("\t", ","):
        if usual not in head[0] and _parts(head, other):
            return other
    return usual


def unify_spaces(lines: Sequence[str], *, pairs: bool) -> Sequence[str]:
    """Return lines of numbers with nothing but spaces between them with tabs, others as they are.

    So the archive of the University of California, Riverside, writes its .txt files. With `pairs`,
    lines of two words are taken apart, too: a path and a label.
    """
    head = [line for line in lines[:HEAD] if line.strip()]
    counts = {len(line.split()) for line in head}
    numbers = all(SPACED.fullmatch(line) for line in head)
    words = pairs and counts == {2} and not any(mark in line for line in head for mark in ",;\t")
    if len(counts) != 1 or counts == {1} or not (numbers or words):
        return lines
    return ["\t".join(line.split()) + "\n" for line in lines]


def unify_commas(lines: Sequence[str], delimiter: str) -> Sequence[str]:
    """Return lines with points for the commas in them, where these part no cells."""
    return lines if delimiter == "," else [line.replace(",", ".") for line in lines]


def _parts(lines: Sequence[str], delimiter: str) -> bool:
    """Say whether each line has as many of these as the first, which has some."""
    counts = {line.count(delimiter) for line in lines}
    return len(counts) == 1 and counts != {0}


def _is_safe(cell: str) -> bool:
    """Say whether a comma in a cell can be a decimal one."""
    return "," not in cell or WITH_COMMA.fullmatch(cell) is not None


def split_cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of a line, without the spaces around them."""
    cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    return [cell.strip() for cell in cells]


def count_up(cells: Iterable[object]) -> bool:
    """Say whether cells are the numbers of rows: 0, 1, 2, … or 1, 2, 3, …."""
    words = [str(cell).strip() for cell in cells]
    return bool(words) and any(
        words == [str(number) for number in range(start, start + len(words))] for start in (0, 1)
    )


def is_unnamed(name: str) -> bool:
    """Say whether this is what pandas and R call a column of row numbers."""
    return UNNAMED.fullmatch(name) is not None
