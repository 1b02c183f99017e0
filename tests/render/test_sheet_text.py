import re
from dataclasses import replace

import numpy as np
import pytest

from cnncli.render.filter_sheet import lay_out_filters
from cnncli.render.map_sheet import lay_out_maps
from cnncli.render.sheet import PAGE, Sheet, Tile
from cnncli.render.sheet_text import draw_sheet

GRAY = replace(PAGE, color=False)
ANSI = re.compile("\x1b\\[[0-9;]*m")


def filters(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_two_small_filters_are_drawn_like_this():
    values = np.array([[[[1, -1], [1, -1]]], [[[0, 0], [1, 1]]]], np.float32)

    lines = draw_sheet(
        lay_out_filters(values, "conv1 · 2 filters", "model.npz", capacity=GRAY), 40, "none"
    )

    assert lines == [
        "conv1 · 2 filters",
        "model.npz · on one scale",
        "-1   ░░░░░░░░▒▒▒▒▓▓▓▓▓▓████ 1",
        "",
        *["████████          ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒"] * 4,
        *["████████          ████████████████"] * 4,
        "       0                 1",
        "",
    ]


def test_a_table_names_its_rows_and_columns():
    values = np.zeros((2, 2, 3, 3), np.float32)
    values[1, 0] = 1.0

    lines = draw_sheet(lay_out_filters(values, "conv2", "model.npz", capacity=GRAY), 12, "none")

    assert lines[4:] == [
        "   0   1",
        "0 ▒▒▒ ▒▒▒",
        "  ▒▒▒ ▒▒▒",
        "",
        "1 ███ ▒▒▒",
        "  ███ ▒▒▒",
        "",
    ]


def test_the_image_is_drawn_to_the_left_of_its_maps():
    image = np.full((2, 2, 1), 255, np.uint8)
    sheet = lay_out_maps(np.ones((1, 3, 3), np.float32), image, "relu1", "model.npz")

    lines = draw_sheet(sheet, 80, "none")[4:]

    assert lines[0] == "█" * 28 + "    " + "█" * 24
    assert lines[14].strip() == "2x2"


def test_a_narrow_terminal_has_the_image_above_its_maps():
    image = np.full((2, 2, 1), 255, np.uint8)
    sheet = lay_out_maps(np.ones((1, 3, 3), np.float32), image, "relu1", "model.npz")

    lines = draw_sheet(sheet, 30, "none")[4:]

    assert lines[0] == "█" * 28
    assert lines[16] == "█" * 24


@pytest.mark.parametrize("depth", ["truecolor", "256", "none"])
@pytest.mark.parametrize(
    ("shape", "width"),
    [
        ((64, 1, 3, 3), 80),
        ((6, 1, 5, 5), 40),
        ((1, 1, 3, 3), 80),
        ((10, 1, 28, 28), 20),
        ((4, 1, 200, 300), 60),
        ((9, 7, 5, 5), 50),
        ((84, 120, 1, 1), 80),
        ((5, 1, 1, 90), 33),
        ((3, 3, 9, 1), 12),
    ],
)
def test_no_line_is_wider_than_the_terminal(shape, width, depth):
    lines = draw_sheet(lay_out_filters(filters(*shape), "t", "n"), width, depth)

    assert max(len(ANSI.sub("", line)) for line in lines[3:]) <= width


def test_a_few_filters_are_enlarged_to_fill_the_screen_not_more():
    few = draw_sheet(lay_out_filters(filters(6, 1, 5, 5), "t", "n"), 80, "none")
    many = draw_sheet(lay_out_filters(filters(60, 1, 5, 5), "t", "n"), 80, "none")

    assert 20 <= len(few) <= 40
    assert len(many) <= 40


def test_labels_wider_than_a_tile_leave_it_in_the_middle_of_its_cell():
    values = np.ones((60, 1, 3, 3), np.float32)

    lines = draw_sheet(lay_out_filters(values, "t", "n", dead=[0], capacity=GRAY), 80, "none")

    row = next(index for index, line in enumerate(lines) if "0 · dead" in line)
    middle = lines[row].index("0 · dead") + 4
    assert lines[row - 1][middle - 1] == "█"
    assert lines[row - 1].startswith(" ")


def test_what_became_of_tiles_is_drawn_below_them():
    white, black = np.full((2, 2, 3), 255, np.uint8), np.zeros((2, 2, 3), np.uint8)
    sheet = Sheet(
        "set", "note", [Tile(white, "cat"), Tile(white, "dog")], None,
        below=[Tile(black), Tile(white, "60 % dog")],
    )  # fmt: skip
    lines = draw_sheet(sheet, 40, "none")
    assert lines[:3] == ["set", "note", ""]
    labels = next(index for index, line in enumerate(lines) if "cat" in line)
    assert "dog" in lines[labels]
    assert "█" in lines[labels - 1]
    assert lines[-2].strip() == "60 % dog"
    assert lines[-3].startswith(" " * 10)


def test_pairs_of_tiles_may_take_two_screens():
    tiles = [Tile(np.zeros((32, 32, 3), np.uint8), "a label of some length")] * 8
    sheet = Sheet("set", "note", tiles, None, below=tiles)
    lines = draw_sheet(sheet, 80, "none")
    assert 60 < len(lines) < 80
    assert max(map(len, lines)) <= 80
