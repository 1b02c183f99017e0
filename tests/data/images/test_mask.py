from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.file import decode_mask
from cnncli.data.images.mask import Mask, MaskError


def colors_of(mask: Mask) -> list[list[str]]:
    return [[f"{mask.colors[value]:06x}" for value in row] for row in mask.values]


def test_gray_levels_are_colors_with_three_equal_channels(save_mask: Callable[..., str]) -> None:
    mask = decode_mask(save_mask("m.png", [[0, 9], [255, 9]]))
    assert (mask.kind, mask.numbers) == ("gray", [0, 9, 255])
    assert colors_of(mask) == [["000000", "090909"], ["ffffff", "090909"]]


def test_indices_of_a_palette_have_its_colors(save_mask: Callable[..., str]) -> None:
    mask = decode_mask(save_mask("m.png", [[0, 2], [1, 2]], "0a141e 28323c 46505a"))
    assert (mask.kind, mask.numbers) == ("index", [0, 1, 2])
    assert colors_of(mask) == [["0a141e", "46505a"], ["28323c", "46505a"]]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colors_are_read_as_they_are(save_mask: Callable[..., str], mode: str) -> None:
    mask = decode_mask(save_mask("m.png", [[1, 0], [2, 2]], "ffffff 800000 004080", mode))
    assert mask.kind == "color"
    assert colors_of(mask) == [["800000", "ffffff"], ["004080", "004080"]]


def test_black_and_white_masks_have_the_levels_0_and_255(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1").save(tmp_path / "m.png")
    assert decode_mask(str(tmp_path / "m.png")).values.tolist() == [[0, 255]]


def test_numbers_of_16_bits_are_levels_up_to_255(tmp_path: Path) -> None:
    path = str(tmp_path / "m.png")
    Image.fromarray(np.array([[0, 3]], np.uint16)).save(path)
    assert decode_mask(path).values.tolist() == [[0, 3]]
    Image.fromarray(np.array([[0, 1001]], np.uint16)).save(path)
    with pytest.raises(MaskError, match="levels from 0 to 1001, and those of a mask are 0 to 255"):
        decode_mask(path)


def test_a_jpeg_is_no_mask(tmp_path: Path) -> None:
    Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(tmp_path / "a.jpg")
    with pytest.raises(MaskError, match=r"a readable mask \(.* changed its colors\); save masks"):
        decode_mask(str(tmp_path / "a.jpg"))


def test_smoothed_edges_are_refused_with_the_number_of_colors(tmp_path: Path) -> None:
    ramp = np.zeros((1, 200, 3), np.uint8)
    ramp[0, :, 0] = np.arange(200)
    Image.fromarray(ramp).save(tmp_path / "m.png")
    with pytest.raises(MaskError, match=r"200 colors, each .* 64 are allowed\); .* smoothed edges"):
        decode_mask(str(tmp_path / "m.png"))


def test_transparent_masks_are_refused(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (9, 9, 9, 0)).save(tmp_path / "m.png")
    with pytest.raises(MaskError, match=r"partly transparent\); save masks without transparency"):
        decode_mask(str(tmp_path / "m.png"))
