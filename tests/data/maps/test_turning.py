from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.formats import masks
from cnncli.data.images.modes import turn_upright
from cnncli.data.maps.set import decode_pairs
from cnncli.data.maps.turning import find_turns
from cnncli.errors import DataError

OBLONG, SQUARE = (4, 6), (5, 5)


@pytest.fixture
def pair(tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Return a function that writes an image with an Exif orientation and its mask.

    The mask has the pixels of the image as it is stored, or, `upright`, as it is seen.
    """

    def write(
        name: str, size: tuple[int, int], orientation: int, *, upright: bool = False, own: int = 1
    ) -> tuple[str, str]:
        pixels = np.arange(size[0] * size[1], dtype=np.uint8).reshape(size)
        drawn = turn_upright(pixels[:, :, None], orientation)[:, :, 0] if upright else pixels
        paths = []
        for folder, values, turn in (("images", pixels, orientation), ("masks", drawn, own)):
            (tmp_path / folder).mkdir(exist_ok=True)
            exif = Image.Exif()
            exif[0x0112] = turn
            paths.append(str(tmp_path / folder / f"{name}.png"))
            Image.fromarray(np.ascontiguousarray(values)).save(paths[-1], exif=exif)
        return paths[0], paths[1]

    return write


Pair = Callable[..., tuple[str, str]]


def turns(*pairs: tuple[str, str]) -> tuple[int, ...]:
    images, drawn = zip(*pairs, strict=True)
    return find_turns(images, drawn)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_that_lies_as_its_image_is_stored_is_turned(pair: Pair, orientation: int) -> None:
    assert turns(pair("a", OBLONG, orientation)) == (orientation,)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_mask_of_the_size_of_the_upright_image_stays(pair: Pair, orientation: int) -> None:
    assert turns(pair("a", OBLONG, orientation, upright=True)) == (1,)


@pytest.mark.parametrize(("size", "orientation"), [(OBLONG, 6), (OBLONG, 3), (SQUARE, 8)])
def test_a_mask_with_an_orientation_of_its_own_stays(
    pair: Pair, size: tuple[int, int], orientation: int
) -> None:
    assert turns(pair("a", size, orientation, own=orientation)) == (1,)


@pytest.mark.parametrize(("size", "orientation"), [(SQUARE, 6), (OBLONG, 3), (OBLONG, 2)])
def test_where_the_size_does_not_tell_other_masks_do(
    pair: Pair, size: tuple[int, int], orientation: int
) -> None:
    unsure = pair("a", size, orientation)
    stored, upright = pair("b", OBLONG, 8), pair("c", OBLONG, 8, upright=True)
    assert turns(unsure) == (orientation,)
    assert turns(unsure, stored) == (orientation, 8)
    assert turns(unsure, upright) == (1, 1)
    assert turns(stored, upright) == (8, 1)
    with pytest.raises(DataError, match=r"a.png: its image is turned by Exif, .* save the images"):
        turns(stored, unsure, upright)


def test_what_cannot_be_read_or_does_not_fit_is_left_to_others(pair: Pair, tmp_path: Path) -> None:
    image, mask = pair("a", OBLONG, 6)
    Image.new("L", (9, 9)).save(mask)
    assert turns((image, mask)) == (1,)
    Path(mask).write_bytes(b"no image")
    assert turns((image, mask)) == (1,)
    assert turns((str(tmp_path / "none.png"), mask)) == (1,)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_pairs_come_upright_and_what_was_turned_is_said(
    pair: Pair, tmp_path: Path, orientation: int
) -> None:
    pair("a", OBLONG, orientation)
    pair("b", OBLONG, 1)
    samples = masks.read(str(tmp_path), None)
    assert samples.notices == (f"{tmp_path}: masks turned as their images are by Exif: 1",)
    for sample in (samples, samples.take(np.array([1, 0]))):
        for pixels, mask in decode_pairs(sample, 1):
            assert pixels[:, :, 0].tolist() == mask.values.tolist()
