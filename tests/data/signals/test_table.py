from __future__ import annotations

import pytest

from cnncli.data.signals.table import read_table
from cnncli.data.unreadable import RefusedError


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("1,2\n3,4\n", ","),
        ("1\t2\n3\t4", "\t"),
        ("1,2\n3,4\n", None),
        ("1\t2\r\n3\t4\r\n", None),
        ("\ufefftime,force\n1,2\n\n3,4\n\n", ","),
        ('"left ear","right, ear"\n"1",2e0\n 3 ,4\n', ","),
    ],
)
def test_rows_are_moments_and_columns_channels(text: str, delimiter: str | None) -> None:
    assert read_table(text.encode(), delimiter).values.tolist() == [[1, 2], [3, 4]]


def test_a_single_column_needs_no_delimiter() -> None:
    assert read_table(b"1\n2\n3\n", ",").values.tolist() == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"a,b\n", "no row of numbers"),
        (b"a,b\n1,2\n3\n", "line 3: 1 columns after lines of 2"),
        (b"1,2\n\n3,x y\n", "line 3: 'x y' is not a number"),
        (b"1,2\n3,\n", "line 2: '' is not a number"),
        (b"some words\nand more\n", "line 2: 'and more' is not a number"),
        (b"\xff\xfe\n", "not text in UTF-8"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused_with_its_line(data: bytes, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read_table(data, ",")
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (",a,b\n0,1,2\n1,3,4\n", "row numbers"),
        ("Unnamed: 0,a,b\n1,1,2\n2,3,4\n", "row numbers"),
        ("index;a;b\n0;1,0;2\n1;3;4,0\n", "row numbers"),
        ("a,b\n1,1,2\n2,3,4\n", "row numbers"),
        ("0,1\n1,2\n3,4\n", "column numbers"),
        (",0,1\n0,1,2\n1,3,4\n", "row numbers, which is not read and a first line of column"),
    ],
)
def test_what_pandas_and_r_add_is_no_channel(text: str, remark: str) -> None:
    table = read_table(text.encode(), ",")
    assert table.values.tolist() == [[1, 2], [3, 4]]
    assert remark in table.remark


def test_a_first_column_that_counts_under_no_name_is_a_channel_and_told() -> None:
    table = read_table(b"0,5\n1,7\n2,8\n", ",")
    assert table.values.tolist() == [[0, 5], [1, 7], [2, 8]]
    assert "counts the rows, read as a channel" in table.remark


@pytest.mark.parametrize("text", ["0\n0.5\n0.25\n", "0\n1e-3\n2.5\n"])
def test_a_zero_over_numbers_with_points_is_a_name(text: str) -> None:
    assert len(read_table(text.encode(), ",").values) == 2


def test_a_zero_over_whole_numbers_is_one() -> None:
    assert read_table(b"0\n3\n5\n", ",").values.tolist() == [[0], [3], [5]]


@pytest.mark.parametrize(
    "text", ["a;b\n0,5;1\n1,5;2\n", "0,5;1\n1,5;2\n", "a\tb\n0,5\t1\n1,5\t2\n"]
)
def test_commas_are_decimal_between_semicolons_and_tabs(text: str) -> None:
    assert read_table(text.encode(), ",").values.tolist() == [[0.5, 1], [1.5, 2]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\n0,512\n0,734\n", "line 2: 2 columns under 1 names; write decimal points"),
        ("a,b\n0,5,1,5\n", "line 2: 4 columns under 2 names; write decimal points"),
        ("0,051\n0,734\n", "line 1: 0,051 looks like decimal commas"),
        ("a,b\n1,2,3,4,5\n", "line 2: 5 columns under 2 names; name each"),
        (",a\n5,1\n9,2\n", "line 1: the first column has no name; write one"),
        ("a;b\n0,5;1.5\n", "numbers with commas and numbers with points"),
    ],
)
def test_what_can_be_meant_in_two_ways_is_refused(text: str, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read_table(text.encode(), ",")
    assert str(caught.value).startswith(reason)


def test_utf_16_is_refused_by_its_name() -> None:
    with pytest.raises(RefusedError, match=r"^text in UTF-16, not UTF-8$"):
        read_table("a,b\r\n1,2\r\n".encode("utf-16"), ",")
