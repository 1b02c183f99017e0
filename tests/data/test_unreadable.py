from __future__ import annotations

import pytest

from cnncli.data.unreadable import (
    ImageError,
    SignalError,
    UnreadableError,
    build_each,
    read_readable,
    skip_unreadable,
)
from cnncli.errors import DataError


def read_even(name: str) -> int:
    if int(name) % 2:
        raise SignalError(name, "odd")
    return int(name)


def test_several_bad_images_are_one_line_with_the_first_names() -> None:
    bad = [ImageError(f"a/{i}.png", "truncated" if i else "empty") for i in range(7)]
    assert str(UnreadableError("set", bad, 90)) == (
        "set: 7 of 90 images cannot be read: a/0.png (empty), a/1.png (truncated), "
        "a/2.png (truncated), a/3.png (truncated), a/4.png (truncated), …; replace or remove them, "
        "or go on without them by skip_broken"
    )


def test_a_reason_that_all_of_them_have_is_given_once() -> None:
    bad = [ImageError(f"{i}.png", "truncated") for i in range(6)]
    assert ": 0.png, 1.png, 2.png, 3.png, 4.png, … (truncated); " in str(
        UnreadableError("set", bad, 9)
    )


def test_a_single_bad_image_is_the_path_of_the_error() -> None:
    error = UnreadableError("set", [ImageError("a.png", "truncated")], 90)
    assert "set: 1 of 90 images cannot be read: a.png (truncated); " in str(error)
    assert error.path == "a.png"


def test_what_would_help_all_of_them_is_said() -> None:
    bad = [ImageError(name, "a FITS", "install astropy") for name in "ab"]
    assert ": a, b (a FITS); install astropy" in str(UnreadableError("set", bad, 2))
    mixed = [*bad, ImageError("c", "truncated")]
    assert str(UnreadableError("set", mixed, 3)).endswith("; replace or remove them")


def test_a_file_that_is_listed_twice_is_counted_once() -> None:
    bad = [SignalError(name, "odd") for name in ("b.npy", "a.npy", "b.npy")]
    error = UnreadableError("set", bad, 9)
    assert [file.path for file in error.files] == ["b.npy", "a.npy"]


def test_where_nothing_is_left_nothing_can_be_skipped() -> None:
    error = UnreadableError("set", [ImageError(name, "odd") for name in "ab"], 2)
    assert "skip" not in str(error)
    with pytest.raises(UnreadableError):
        skip_unreadable(lambda without: raise_for(["a", "b"], without, 2), skip=True)


def raise_for(names: list[str], without: frozenset[str], total: int) -> frozenset[str]:
    bad = [SignalError(name, "odd") for name in names if name not in without]
    if bad:
        raise UnreadableError("set", bad, total)
    return without


def test_skipping_goes_on_until_nothing_more_is_found() -> None:
    def load(without: frozenset[str]) -> frozenset[str]:
        for names in (["1", "3"], ["5"], ["7", "9"]):
            raise_for(names, without, 20)
        return without

    without, broken = skip_unreadable(load, skip=True)
    assert without == frozenset("13579")
    assert [error.path for error in broken] == ["1", "3", "5", "7", "9"]


def test_a_file_that_cannot_be_left_out_ends_it() -> None:
    with pytest.raises(UnreadableError, match="1 of 20"):
        skip_unreadable(lambda _: raise_for(["1"], frozenset(), 20), skip=True)


def test_without_leave_nothing_is_skipped() -> None:
    with pytest.raises(UnreadableError, match="1 of 20 signals cannot be read"):
        skip_unreadable(lambda without: raise_for(["1"], without, 20), skip=False)


def test_the_bad_files_of_several_parts_are_one_error() -> None:
    def build(names: list[str]) -> int:
        raise_for([name for name in names if int(name) > 7], frozenset(), len(names))
        return len(names)

    parts = [["8", "1", "2"], ["3"], ["9", "4"]]
    with pytest.raises(UnreadableError, match=r"whole: 2 of 6 signals .*: 8, 9 \(odd\)"):
        build_each("whole", build, parts)
    assert build_each("whole", build, [["1", "2"], ["3"]]) == [2, 1]


def test_files_that_cannot_be_read_are_left_out_of_those_that_can() -> None:
    assert read_readable("set", ["0", "1", "2"], read_even, threads=2) == [0, 2]


def test_no_readable_file_is_an_error_for_all() -> None:
    with pytest.raises(DataError, match=r"set: 2 of 2 signals cannot be read: 1, 3 \(odd\)"):
        read_readable("set", ["1", "3"], read_even, threads=2)
