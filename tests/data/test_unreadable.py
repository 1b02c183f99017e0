from __future__ import annotations

import pytest

from cnncli.data.unreadable import ImageError, SignalError, join_errors, read_readable
from cnncli.errors import DataError


def read_even(name: str) -> int:
    if int(name) % 2:
        raise SignalError(name, "odd")
    return int(name)


def test_several_bad_images_are_one_line_with_the_first_names() -> None:
    bad = [ImageError(f"a/{i}.png", "truncated") for i in range(7)]
    assert str(join_errors("set", bad, 90)) == (
        "set: 7 of 90 images are not readable: a/0.png (truncated), a/1.png (truncated), "
        "a/2.png (truncated), a/3.png (truncated), a/4.png (truncated), …; replace or remove them"
    )


def test_one_bad_image_keeps_its_own_message() -> None:
    bad = ImageError("a.png", "truncated")
    assert join_errors("set", [bad], 90) is bad


def test_files_that_cannot_be_read_are_left_out_of_those_that_can() -> None:
    assert read_readable("set", ["0", "1", "2"], read_even, threads=2) == [0, 2]


def test_no_readable_file_is_an_error_for_all() -> None:
    with pytest.raises(DataError, match=r"set: 2 of 2 signals are not readable: 1 \(odd\), 3"):
        read_readable("set", ["1", "3"], read_even, threads=2)
