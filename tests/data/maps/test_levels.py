from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.file import decode_mask
from cnncli.data.images.mask import Mask
from cnncli.data.maps.classes import find_classes
from cnncli.data.maps.levels import find_levels
from cnncli.errors import DataError, UsageError
from cnncli.samples import MaskLevels

Save = Callable[..., str]
Gray = Callable[..., Mask]


def find(folder: Path | str, *masks: str | Mask, ignored: tuple[str, ...] = ()) -> MaskLevels:
    pairs = [(mask, decode_mask(mask)) if isinstance(mask, str) else ("m", mask) for mask in masks]
    return find_levels(str(folder), pairs, ignored)[0]


def find_notices(*masks: str, ignored: tuple[str, ...] = ()) -> tuple[str, ...]:
    return find_levels("set", [(mask, decode_mask(mask)) for mask in masks], ignored)[1]


def test_the_levels_that_occur_are_classes_in_ascending_order(
    tmp_path: Path, gray_mask: Gray
) -> None:
    found = find(tmp_path, gray_mask([255, 0]), gray_mask([7, 0]))
    assert found == MaskLevels((0, 7, 255), ("0", "7", "255"))
    assert found.mask(np.array([[2, 0]])).tolist() == [[255, 0]]


def test_classes_txt_names_levels_even_ones_that_do_not_occur(
    tmp_path: Path, gray_mask: Gray
) -> None:
    (tmp_path / "classes.txt").write_text("255 rest\n\n 9\tinner part\n0 membrane\n")
    found = find(tmp_path, gray_mask([0, 255]))
    assert found.levels == (0, 9, 255)
    assert found.names == ("membrane", "inner part", "rest")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 a\nb\n", "classes.txt, line 2: 'b' is not a new level"),
        ("0 a\n0 b\n", "line 2: '0 b' is not a new level"),
        ("0 a\n256 b\n", "line 2: '256 b' is not a new level"),
        ("0 a\n#ffffff b\n", "line 2: '#ffffff b' is not a new level"),
        ("0 a\n", "level 255 occurs in the masks and has no name"),
    ],
)
def test_a_list_of_names_that_does_not_fit_is_refused(
    tmp_path: Path, gray_mask: Gray, text: str, message: str
) -> None:
    (tmp_path / "classes.txt").write_text(text)
    with pytest.raises(DataError, match=message):
        find(tmp_path, gray_mask([0, 255]))


def test_one_level_or_too_many_are_refused(tmp_path: Path, gray_mask: Gray) -> None:
    with pytest.raises(DataError, match="no images with masks; add some"):
        find(tmp_path)
    with pytest.raises(DataError, match="only one level \\(3\\)"):
        find(tmp_path, gray_mask([3]))
    with pytest.raises(DataError, match=r"have 200 levels.*save masks as PNG"):
        find(tmp_path, gray_mask([*range(200)]))


def test_palettes_that_agree_name_classes_by_index(tmp_path: Path, save_mask: Save) -> None:
    masks = [
        save_mask("a.png", [[0, 1]], "000000 ff0000"),
        save_mask("b.png", [[0, 2]], "000000 ff0000 00ff00"),
    ]
    found = find(tmp_path, *masks)
    assert (found.levels, found.names) == ((0, 1, 2), ("0", "1", "2"))
    assert found.palette == bytes.fromhex("000000 ff0000 00ff00")
    assert find(tmp_path, *reversed(masks)) == found


def test_one_palette_for_all_tells_indices_of_the_same_color_apart(
    tmp_path: Path, save_mask: Save
) -> None:
    found = find(tmp_path, save_mask("a.png", [[0, 1, 2]], "000000 000000 ff0000"))
    assert found.names == ("0", "1", "2")


@pytest.mark.parametrize(
    "palettes",
    [
        ["000000 ff0000", "ff0000 000000"],
        ["000000 ff0000 00ff00", "00ff00 000000 ff0000", "ff0000 00ff00 000000"],
        ["000000 ff0000", "000000 00ff00"],
        ["000000 ff0000", "00ff00 000000 ff0000"],
    ],
)
def test_palettes_that_differ_are_matched_by_color_in_one_order(
    tmp_path: Path, save_mask: Save, palettes: list[str]
) -> None:
    rows = [[*range(len(palette.split()))] for palette in palettes]
    masks = [
        save_mask(f"{i}.png", [row], palette)
        for i, (row, palette) in enumerate(zip(rows, palettes, strict=True))
    ]
    found = find(tmp_path, *masks)
    colors = sorted({color for palette in palettes for color in palette.split()})
    assert found.names == tuple(f"#{color}" for color in colors)
    assert found.palette == bytes.fromhex("".join(colors))
    for mask, palette in zip(masks, palettes, strict=True):
        classes = find_classes(decode_mask(mask), found, mask)[0]
        assert [colors[place] for place in classes] == palette.split()
    for order in permutations(masks):
        assert find(tmp_path, *order) == found


def test_differing_palettes_are_said(save_mask: Save) -> None:
    masks = [save_mask("a.png", [[0, 1]], "000000 ff0000"), save_mask("b.png", [[0]], "ff0000")]
    assert find_notices(*masks) == (
        "set: the palettes of the masks differ; pixels of the same color are of the same class",
    )


def test_colors_in_rgb_are_classes_and_gray_ones_levels(tmp_path: Path, save_mask: Save) -> None:
    sky = save_mask("a.png", [[0, 1]], "808080 400080", "RGB")
    road = save_mask("b.png", [[0, 0]], "808080", "RGB")
    assert find(tmp_path, road, sky).names == ("#400080", "#808080")
    assert find(tmp_path, save_mask("c.png", [[1, 0]], "ffffff 000000", "RGB")) == MaskLevels(
        (0, 255), ("0", "255")
    )


def test_classes_txt_names_colors_in_both_ways(tmp_path: Path, save_mask: Save) -> None:
    mask = save_mask("a.png", [[0, 1]], "808080 400080", "RGB")
    (tmp_path / "classes.txt").write_text("#400080 car\n128 128 128 sky\n64 128 64\tanimal\n")
    found = find(tmp_path, mask)
    assert found.names == ("car", "animal", "sky")
    assert found.palette == bytes.fromhex("400080 408040 808080")
    (tmp_path / "classes.txt").write_text("0 car\n1 sky\n")
    with pytest.raises(
        DataError, match="line 1: '0 car' is not a new color and a name, such as '#"
    ):
        find(tmp_path, mask)


def test_gray_masks_among_colored_ones_have_to_be_of_their_colors(
    tmp_path: Path, save_mask: Save
) -> None:
    colored = save_mask("a.png", [[0, 1]], "000000 ff0000")
    empty = save_mask("b.png", [[0, 0]])
    assert find(tmp_path, colored, empty).names == ("#000000", "#ff0000")
    with pytest.raises(DataError, match=r"c.png: gray level 1, where .* #000000, #ff0000; save"):
        find(tmp_path, colored, save_mask("c.png", [[0, 1]]))


@pytest.mark.parametrize(
    ("palette", "mode", "ignored", "names"),
    [
        ("", "", "255", ("0", "1")),
        (" ".join(["000000 ff0000", *["e0e0c0"] * 254]), "P", "255", ("0", "1")),
        (" ".join(["000000 ff0000", *["e0e0c0"] * 254]), "RGB", "#e0e0c0", ("#000000", "#ff0000")),
        (
            " ".join(["000000 ff0000", *["e0e0c0"] * 254]),
            "RGB",
            "224,224,192",
            ("#000000", "#ff0000"),
        ),
    ],
)
def test_what_is_ignored_is_no_class(
    tmp_path: Path, save_mask: Save, palette: str, mode: str, ignored: str, names: tuple[str, ...]
) -> None:
    mask = save_mask("a.png", [[0, 1, 255]], palette, mode)
    found = find(tmp_path, mask, ignored=(ignored,))
    assert found.names == names
    assert find_classes(decode_mask(mask), found, mask).tolist() == [[0, 1, -1]]


def test_names_of_what_is_ignored_are_no_classes(tmp_path: Path, gray_mask: Gray) -> None:
    (tmp_path / "classes.txt").write_text("0 rest\n1 cat\n255 void\n")
    found = find(tmp_path, gray_mask([0, 1, 255]), ignored=("255",))
    assert (found.names, found.ignored) == (("rest", "cat"), (255,))
    (tmp_path / "classes.txt").write_text("0 rest\n1 cat\n")
    assert find(tmp_path, gray_mask([0, 1, 255]), ignored=("255",)) == found


@pytest.mark.parametrize(
    ("palette", "ignored", "message"),
    [
        ("", "256", "ignored 256: the masks have levels; give one, such as '255'"),
        ("", "#ffffff", "the masks have levels"),
        ("000000 ff0000", "255", "the masks have colors; give one, such as '#e0e0c0'"),
        ("000000 ff0000", "0,0,256", "the masks have colors"),
    ],
)
def test_what_cannot_be_ignored_is_refused(
    tmp_path: Path, save_mask: Save, palette: str, ignored: str, message: str
) -> None:
    mask = save_mask("a.png", [[0, 1]], palette, "RGB")
    with pytest.raises(UsageError, match=message):
        find(tmp_path, mask, ignored=(ignored,))


def test_a_level_to_be_ignored_that_does_not_occur_is_noticed(save_mask: Save) -> None:
    notices = find_notices(save_mask("a.png", [[0, 1]]), ignored=("255",))
    assert notices == ("set: no mask has the level 255, which is to be ignored",)


def test_a_single_class_beside_what_is_ignored_is_refused(tmp_path: Path, gray_mask: Gray) -> None:
    with pytest.raises(DataError, match="only one level \\(0\\)"):
        find(tmp_path, gray_mask([0, 255]), ignored=("255",))


def disk_with_border(border: int) -> np.ndarray:
    rows, columns = np.mgrid[:96, :96]
    distance = np.hypot(rows - 48, columns - 48)
    return np.where(distance < 12, 1, np.where(distance < 12 + border, 255, 0))


@pytest.mark.parametrize(
    ("palette", "mode", "name"),
    [
        ("", "", "255"),
        (" ".join(["000000 ff0000", *["e0e0c0"] * 254]), "P", "255"),
        (" ".join(["000000 ff0000", *["e0e0c0"] * 254]), "RGB", "#e0e0c0"),
        (" ".join(["000000 00ff00", *["ffffff"] * 254]), "RGB", "#ffffff"),
    ],
)
def test_a_class_that_lies_only_along_borders_is_said(
    save_mask: Save, palette: str, mode: str, name: str
) -> None:
    mask = save_mask("a.png", disk_with_border(5), palette, mode)
    (notice,) = find_notices(mask)
    assert f"class {name} lies only along the borders of others" in notice
    assert notice.endswith(f"{name}")
    assert find_notices(mask, ignored=(name,)) == ()


def test_a_class_of_areas_is_not_taken_for_a_border(save_mask: Save) -> None:
    assert find_notices(save_mask("a.png", disk_with_border(30))) == ()
    disk = np.where(disk_with_border(5) == 1, 255, 0)
    assert find_notices(save_mask("b.png", disk)) == ()


def test_a_border_is_said_once_though_its_number_differs_from_mask_to_mask(save_mask: Save) -> None:
    palette = " ".join(["000000 ff0000", *["e0e0c0"] * 254])
    first = save_mask("a.png", disk_with_border(5), palette, "RGB")
    palette = palette.replace("000000", "ffff00")
    other = save_mask("b.png", disk_with_border(5), palette, "RGB")
    assert len([notice for notice in find_notices(first, other) if "borders" in notice]) == 1


@pytest.mark.parametrize(("mode", "word"), [("L", "levels"), ("RGB", "colors")])
def test_smoothed_edges_are_said(tmp_path: Path, mode: str, word: str) -> None:
    large = Image.fromarray(np.where(disk_with_border(5) == 1, 255, 0).astype(np.uint8))
    smooth = large.resize((480, 480), Image.Resampling.NEAREST).resize((60, 60))
    levels = np.asarray(smooth)
    pixels = np.stack([levels, levels // 2, 0 * levels], -1) if mode == "RGB" else levels
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (notice,) = find_notices(str(tmp_path / "a.png"))
    assert f" {word} occur only along edges, which seem to be smoothed; save masks" in notice


def test_many_areas_have_no_smoothed_edges(save_mask: Save) -> None:
    areas = np.kron(np.arange(40).reshape(5, 8), np.ones((6, 6)))
    assert find_notices(save_mask("a.png", areas)) == ()
    lines = np.zeros((40, 40))
    lines[10], lines[20] = 1, 2
    assert find_notices(save_mask("b.png", lines)) == ()
