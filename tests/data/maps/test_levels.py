from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.file import ImageError, Levels, decode_levels
from cnncli.data.maps.levels import find_levels, read_mask
from cnncli.errors import DataError


def levels(*values: int, palette: bytes | None = None) -> Levels:
    return Levels(np.array([values], np.uint8), palette)


def test_the_levels_that_occur_are_classes_in_ascending_order(tmp_path: Path) -> None:
    found = find_levels(str(tmp_path), [levels(255, 0), levels(7, 0)])
    assert found.levels == (0, 7, 255)
    assert found.names == ("0", "7", "255")
    assert found.indices(levels(7, 255, 0).values, "x").tolist() == [[1, 2, 0]]
    assert found.mask(np.array([[2, 0]])).tolist() == [[255, 0]]


def test_classes_txt_names_levels_even_ones_that_do_not_occur(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("255 rest\n\n 9\tinner part\n0 membrane\n")
    found = find_levels(str(tmp_path), [levels(0, 255)])
    assert found.levels == (0, 9, 255)
    assert found.names == ("membrane", "inner part", "rest")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 a\nb\n", "classes.txt, line 2: 'b' is not a new level"),
        ("0 a\n0 b\n", "line 2: '0 b' is not a new level"),
        ("0 a\n256 b\n", "line 2: '256 b' is not a new level"),
        ("0 a\n", "level 255 occurs in the masks and has no name"),
    ],
)
def test_a_list_of_names_that_does_not_fit_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "classes.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        find_levels(str(tmp_path), [levels(0, 255)])


def test_one_level_or_too_many_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no images with masks; add some"):
        find_levels(str(tmp_path), [])
    with pytest.raises(DataError, match="only one level \\(3\\)"):
        find_levels(str(tmp_path), [levels(3)])
    with pytest.raises(DataError, match=r"have 200 levels.*save masks as PNG"):
        find_levels(str(tmp_path), [levels(*range(200))])


def test_a_level_that_is_no_class_is_refused(tmp_path: Path) -> None:
    found = find_levels(str(tmp_path), [levels(0, 255)])
    with pytest.raises(DataError, match=r"m.png: level 3 is no class; .* levels 0, 255"):
        found.indices(levels(0, 3).values, "m.png")


def test_palette_masks_are_read_as_indices(tmp_path: Path) -> None:
    mask = Image.fromarray(np.array([[0, 2], [1, 2]], np.uint8)).convert("P")
    mask.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    mask.save(tmp_path / "m.png")
    found = read_mask(str(tmp_path / "m.png"), (2, 2))
    assert found.values.tolist() == [[0, 2], [1, 2]]
    assert found.palette is not None
    assert found.palette[:9] == bytes([10, 20, 30, 40, 50, 60, 70, 80, 90])


def test_a_jpeg_is_no_mask(tmp_path: Path) -> None:
    Image.fromarray(np.eye(8, dtype=np.uint8) * 255).save(tmp_path / "a.jpg")
    with pytest.raises(ImageError, match="has changed its levels; save masks as PNG"):
        decode_levels(str(tmp_path / "a.jpg"))


def test_black_and_white_masks_have_the_levels_0_and_255(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1").save(tmp_path / "m.png")
    assert read_mask(str(tmp_path / "m.png"), (1, 2)).values.tolist() == [[0, 255]]


def test_masks_of_another_size_or_in_color_are_refused(
    tmp_path: Path, picture: Callable[..., Image.Image]
) -> None:
    path = str(tmp_path / "m.png")
    picture(4, 5).save(path)
    with pytest.raises(DataError, match=r"a mask of 4x5 for an image of 5x4; give both"):
        read_mask(path, (5, 4))
    picture(4, 5, "RGB").save(path)
    with pytest.raises(ImageError, match="its pixels are RGB, not 8-bit gray or indices"):
        read_mask(path, (4, 5))
