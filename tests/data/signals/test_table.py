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
    assert read_table(text.encode(), delimiter).tolist() == [[1, 2], [3, 4]]


def test_a_single_column_needs_no_delimiter() -> None:
    assert read_table(b"1\n2\n3\n", ",").tolist() == [[1], [2], [3]]


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
