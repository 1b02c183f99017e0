"""Rows of CSV and TSV that every reader takes back, whatever is in a cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def write_row(cells: Iterable[Any], delimiter: str = ",") -> str:
    """Return a row without the end of its line (RFC 4180).

    Cells with a delimiter, a quote or a line break in them are quoted: `csv` quotes only those line
    breaks that its own line terminator has, so it gets both.
    """
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n")
