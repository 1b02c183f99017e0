from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.mask import Mask
from cnncli.data.images.modes import turn_upright
from cnncli.data.maps.set import decode_pairs
from cnncli.data.maps.turning import Placed, turn_masks
from cnncli.errors import DataError
from cnncli.samples import MaskedSamples

Gray = Callable[..., Mask]
ROWS = ([0, 1, 2], [3, 4, 5])


def place(mask: Mask, orientation: int, *, stored: bool = True) -> Placed:
    """A mask beside an image with an Exif orientation, drawn on it as it is stored or upright."""
    shape = mask.values.shape
    size = turn_upright(mask.values[:, :, None], orientation).shape[:2] if stored else shape
    return Placed("m.png", mask, orientation, (size[0], size[1]))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_that_lies_as_its_image_is_stored_is_turned_with_it(
    gray_mask: Gray, orientation: int
) -> None:
    mask = gray_mask(*ROWS)
    (found,), turned = turn_masks([place(mask, orientation)])
    expected = turn_upright(mask.values[:, :, None], orientation)[:, :, 0]
    assert found.values.tolist() == expected.tolist()
    assert turned == (orientation != 1)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_of_the_size_of_the_upright_image_stays(gray_mask: Gray, orientation: int) -> None:
    mask = gray_mask(*ROWS)
    assert turn_masks([place(mask, orientation, stored=False)]) == ([mask], 0)


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_mask_with_an_orientation_of_its_own_is_upright(
    gray_mask: Gray, orientation: int
) -> None:
    mask = replace(gray_mask([0, 1], [2, 3]), orientation=orientation)
    assert turn_masks([place(mask, orientation)]) == ([mask], 0)


def test_where_the_size_does_not_tell_other_masks_do(gray_mask: Gray) -> None:
    square, oblong = gray_mask([0, 1], [2, 3]), gray_mask(*ROWS)
    upright = place(oblong, 6, stored=False)
    assert turn_masks([place(square, 6), upright])[0][0] == square
    (first, _), turned = turn_masks([place(square, 6), place(oblong, 6)])
    assert first.values.tolist() == [[2, 0], [3, 1]]
    assert turned == 2
    with pytest.raises(DataError, match=r"m.png: its image is turned by Exif, .* save the images"):
        turn_masks([place(square, 6), upright, place(oblong, 6)])


def test_a_mask_of_a_strange_size_is_left_to_the_check_of_sizes(gray_mask: Gray) -> None:
    mask = gray_mask(*ROWS)
    assert turn_masks([Placed("m.png", mask, 6, (7, 7))]) == ([mask], 0)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_pairs_come_upright_and_what_was_turned_is_said(tmp_path: Path, orientation: int) -> None:
    pixels = np.arange(0, 240, 2, dtype=np.uint8).reshape(8, 15)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "image.png", exif=exif)
    Image.fromarray(pixels).save(tmp_path / "mask.png")
    image, mask = str(tmp_path / "image.png"), str(tmp_path / "mask.png")
    samples = MaskedSamples("set", (image,), ("a",), (), masks=(mask,))
    samples, ((upright, found),) = decode_pairs(samples, 1)
    assert upright[:, :, 0].tolist() == found.values.tolist() != pixels.tolist()
    assert samples.notices == ("set: masks turned as their images are by Exif: 1",)
