"""Rows that every reader takes back."""

import csv
import io

import pytest

from cnncli.rows import write_row

CELLS = [
    "plain", "new\nline", "return\r", "both\r\n", 'quo"te', "tab\t", "com,ma", "", " space ", "ü", 7
]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_whatever_is_in_a_cell_comes_back(delimiter):
    text = write_row(CELLS, delimiter) + "\n" + write_row(["end"], delimiter) + "\n"
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert rows == [list(map(str, CELLS)), ["end"]]


def test_what_needs_no_quotes_has_none():
    assert write_row(["a b", 0.5, "größe"]) == "a b,0.5,größe"
    assert write_row(["a,b"], "\t") == "a,b"
