import numpy as np

from cnncli.augment import NONE
from cnncli.augment.text import read_augmentation
from cnncli.data.batches.preview import Pair
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.render.sheet_picture import MARGIN, TILES_SIDE
from cnncli.samples import MaskLevels
from cnncli.tasks import Classification, Segmentation
from cnncli.views.preview import SIDE, make_preview_sheet, paint_preview

CLASSES = Classification(("cat", "dog"))
MASKS = Segmentation(("cell", "rest"), CrossEntropy(), MaskLevels((0, 255), ("cell", "rest")))
IMAGE = np.full((8, 6, 3), 100, np.uint8)
CAT, MIXED = np.int32(0), np.array([0.75, 0.25], np.float32)


def lay_out(*pairs, task=CLASSES):
    return make_preview_sheet(pairs, task, NONE, "set")


def test_a_variant_has_a_label_where_it_is_mixed():
    sheet = lay_out(Pair("a", IMAGE, CAT, IMAGE, CAT), Pair("b", IMAGE, CAT, IMAGE, MIXED))
    assert [tile.label for tile in sheet.tiles] == ["cat", "cat"]
    assert [tile.label for tile in sheet.below] == ["", "75 % cat + 25 % dog"]


def test_large_images_are_made_to_fit_and_small_ones_kept():
    large = np.zeros((300, 600, 1), np.uint8)
    assert lay_out(Pair("a", large, CAT, large, CAT)).tile_size == (SIDE // 2, SIDE)
    assert lay_out(Pair("a", IMAGE, CAT, IMAGE, CAT)).tile_size == (8, 6)


def test_both_signals_of_a_pair_are_on_one_scale():
    signal = np.sin(np.arange(50, dtype=np.float32))[:, None]
    sheet = lay_out(Pair("a", signal, CAT, signal / 4, CAT))
    heights = [
        np.ptp(np.nonzero(tile.pixels[..., 0] < 100)[0]) for tile in (*sheet.tiles, *sheet.below)
    ]
    assert heights[0] > 3.5 * heights[1]


def test_masks_lie_over_their_images_and_ignored_pixels_are_gray():
    mask = np.zeros((8, 6), np.int32)
    moved = mask.copy()
    moved[:4], moved[4:] = 1, -1
    sheet = lay_out(Pair("a", IMAGE, mask, IMAGE, moved), task=MASKS)
    colors = {tuple(pixel) for pixel in sheet.tiles[0].pixels.reshape(-1, 3)}
    assert len(colors) == 1
    below = sheet.below[0].pixels
    assert tuple(below[0, 0]) not in colors
    assert np.ptp(below[7, 0]) == 0
    assert [tile.label for tile in (*sheet.tiles, *sheet.below)] == ["", ""]


def test_a_picture_of_masks_names_the_classes():
    pair = Pair("a", IMAGE, np.zeros((8, 6), np.int32), IMAGE, np.ones((8, 6), np.int32))
    plain = paint_preview(lay_out(Pair("a", IMAGE, CAT, IMAGE, CAT)), CLASSES)
    with_legend = paint_preview(lay_out(pair, task=MASKS), MASKS)
    assert with_legend.height > plain.height - 40
    pixels = np.asarray(with_legend)
    legend = pixels[-30:]
    assert (legend[:, : MARGIN - 1] == 255).all()
    assert (legend == (0, 114, 178)).all(axis=2).any()
    assert (legend == (230, 159, 0)).all(axis=2).any()


def test_a_long_augmentation_makes_no_page_wider_than_its_tiles_may_be():
    steps = read_augmentation(", ".join(["brightness(0.1)"] * 40), (8, 6, 3))
    sheet = make_preview_sheet([Pair("a", IMAGE, CAT, IMAGE, CAT)], CLASSES, steps, "set" * 200)
    assert sheet.note.endswith("...")
    assert paint_preview(sheet, CLASSES).width <= TILES_SIDE + 2 * MARGIN


def test_long_names_of_classes_are_shortened():
    long = Classification(("a" * 300, "dog"))
    label = lay_out(Pair("a", IMAGE, CAT, IMAGE, CAT), task=long).tiles[0].label
    assert label.startswith("aaa")
    assert label.endswith("...")
    assert len(label) < 60
