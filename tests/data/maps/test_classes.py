from __future__ import annotations

from collections.abc import Callable

import pytest

from cnncli.data.images.file import decode_mask
from cnncli.data.images.mask import Mask
from cnncli.data.maps.classes import check_size, find_classes
from cnncli.errors import DataError
from cnncli.samples import MaskLevels

GRAY = MaskLevels((0, 7, 255), ("a", "b", "c"))
COLORED = MaskLevels((0, 1), ("a", "b"), bytes.fromhex("000000 ff0000"))


def test_masks_of_another_size_are_refused(gray_mask: Callable[..., Mask]) -> None:
    mask = gray_mask(*[[0] * 5] * 4)
    check_size(mask, (4, 5), "m.png")
    with pytest.raises(DataError, match=r"m.png: a mask of 4x5 for an image of 5x4; give both"):
        check_size(mask, (5, 4), "m.png")


def test_classes_are_found_by_color_whatever_the_index(save_mask: Callable[..., str]) -> None:
    straight = decode_mask(save_mask("a.png", [[0, 1]], "000000 ff0000"))
    turned = decode_mask(save_mask("b.png", [[0, 1]], "ff0000 000000"))
    rgb = decode_mask(save_mask("c.png", [[1, 0, 1]], "000000 ff0000", "RGB"))
    assert find_classes(straight, COLORED, "a").tolist() == [[0, 1]]
    assert find_classes(turned, COLORED, "b").tolist() == [[1, 0]]
    assert find_classes(rgb, COLORED, "c").tolist() == [[1, 0, 1]]


def test_gray_levels_in_three_channels_are_the_same_classes(save_mask: Callable[..., str]) -> None:
    rgb = decode_mask(save_mask("a.png", [[0, 1, 2]], "ffffff 070707 000000", "RGB"))
    assert find_classes(rgb, GRAY, "a").tolist() == [[2, 1, 0]]


def test_two_classes_of_a_color_are_told_apart_by_their_index(
    save_mask: Callable[..., str],
) -> None:
    twice = MaskLevels((0, 1, 2), ("a", "b", "c"), bytes.fromhex("000000 ff0000 000000"))
    mask = decode_mask(save_mask("a.png", [[2, 1, 0]], "000000 ff0000 000000"))
    assert find_classes(mask, twice, "a").tolist() == [[2, 1, 0]]


def test_pixels_to_be_ignored_have_no_class(gray_mask: Callable[..., Mask]) -> None:
    levels = MaskLevels((0, 7), ("a", "b"), None, (255,))
    assert find_classes(gray_mask([7, 255, 0]), levels, "m").tolist() == [[1, -1, 0]]


@pytest.mark.parametrize(
    ("levels", "palette", "message"),
    [
        (GRAY, "", r"m.png: level 3 is no class; the classes have the levels 0, 7, 255; correct"),
        (GRAY, "000000 00ff00 0000ff ff0000", "color #ff0000 is no class; .* colors #000000, #0"),
        (COLORED, "000000 ff0000 00ff00 030303", "color #030303 is no class; .* #000000, #ff0000"),
    ],
)
def test_a_color_that_is_no_class_is_refused(
    save_mask: Callable[..., str], levels: MaskLevels, palette: str, message: str
) -> None:
    mask = decode_mask(save_mask("m.png", [[0, 3]], palette))
    with pytest.raises(DataError, match=message):
        find_classes(mask, levels, "m.png")
