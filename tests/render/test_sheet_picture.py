import numpy as np
import pytest
from PIL import ImageColor

from cnncli.render.colors import make_signed_scale
from cnncli.render.filter_sheet import lay_out_filters
from cnncli.render.map_sheet import lay_out_maps
from cnncli.render.png import encode_png
from cnncli.render.sheet import Sheet, Tile
from cnncli.render.sheet_picture import FRAME, MARGIN, TILES_SIDE, arrange_tiles, paint_sheet
from cnncli.render.text import TEXT, TITLE

RNG = np.random.default_rng(0)


def sheet(*shape):
    return lay_out_filters(RNG.normal(size=shape).astype(np.float32), "conv1", "model.npz")


def color_count(picture):
    return {color: count for count, color in picture.getcolors(1 << 20)}


def test_a_3x3_filter_is_enlarged_by_whole_pixels():
    values = np.linspace(-1, 1, 9, dtype=np.float32).reshape(1, 1, 3, 3)

    picture = paint_sheet(lay_out_filters(values, "conv1", "model.npz"))

    colors = color_count(picture)
    corner = tuple(make_signed_scale(values).paint(values)[0, 0, 0, 1].tolist())
    assert colors[corner] >= 32 * 32


def test_the_tiles_of_a_grid_do_not_touch():
    grid = arrange_tiles(sheet(12, 1, 5, 5))

    places = {grid.corner(index) for index in range(12)}
    assert len(places) == 12
    x, y = grid.corner(1)
    assert (x, y) == (grid.cell[1] + grid.gap[1], 0)
    assert min(grid.gap) > 0


@pytest.mark.parametrize(("tiles", "columns"), [(1, 1), (6, 3), (16, 4), (64, 8), (7, 4), (32, 8)])
def test_rows_are_full_where_the_page_stays_well_shaped(tiles, columns):
    assert arrange_tiles(sheet(tiles, 1, 5, 5)).columns == columns


def test_a_table_keeps_its_columns():
    grid = arrange_tiles(sheet(4, 20, 3, 3))

    assert (grid.rows, grid.columns) == (4, 20)


def test_very_many_filters_become_smaller_until_they_fit():
    few, many = arrange_tiles(sheet(4, 1, 3, 3)), arrange_tiles(sheet(400, 1, 3, 3))

    assert few.tile == (96, 96)
    assert many.tile[0] < 48
    assert max(many.size) <= TILES_SIDE


@pytest.mark.parametrize("shape", [(5, 1, 1, 7), (1, 1, 7, 1), (1, 1, 1, 1), (3, 2, 7, 1)])
def test_a_tile_one_pixel_wide_or_high_can_be_seen(shape):
    grid = arrange_tiles(sheet(*shape))

    assert min(grid.tile) >= 16


def test_a_page_is_white_around_its_tiles():
    pixels = np.asarray(paint_sheet(sheet(4, 2, 3, 3)))

    for edge in (pixels[:20], pixels[-20:], pixels[:, :20], pixels[:, -20:]):
        assert (edge == 255).all()


def test_the_image_is_enlarged_beside_its_maps():
    image = np.full((7, 7, 3), (10, 200, 30), np.uint8)
    maps = np.zeros((3, 2, 2), np.float32)

    picture = paint_sheet(lay_out_maps(maps, image, "relu1", "model.npz"))

    assert color_count(picture)[10, 200, 30] == 224 * 224


def test_a_large_image_is_made_to_fit_beside_its_maps():
    image = np.zeros((1000, 500, 1), np.uint8)

    picture = paint_sheet(lay_out_maps(np.ones((2, 2, 2), np.float32), image, "relu1", "a"))

    assert picture.height < 500


def test_a_tile_as_pale_as_the_paper_has_a_frame():
    white = np.full((4, 4, 3), 255, np.uint8)

    picture = paint_sheet(Sheet("set", "note", [Tile(white)] * 2, None))

    side = arrange_tiles(Sheet("set", "note", [Tile(white)] * 2, None)).tile[0]
    frame = ImageColor.getrgb(FRAME)
    assert color_count(picture)[frame] == 2 * 4 * (side + 1)


def test_equal_sheets_give_equal_bytes():
    one = sheet(4, 1, 3, 3)

    assert encode_png(paint_sheet(one)) == encode_png(paint_sheet(one))
    assert encode_png(paint_sheet(one)).startswith(b"\x89PNG")


def make_pairs(count, label=""):
    black = np.zeros((4, 4, 3), np.uint8)
    above, below = [Tile(black, "cat")] * count, [Tile(black + np.uint8(60), label)] * count
    return Sheet("set", "note", above, None, below=below)


@pytest.mark.parametrize("count", [1, 5, 8])
def test_what_became_of_a_tile_stands_right_below_it(count):
    sheet = make_pairs(count)
    grid = arrange_tiles(sheet)
    assert grid.rows == 2 * -(-count // grid.columns)
    pixels = np.asarray(paint_sheet(sheet))
    assert (
        (pixels == 0).all(axis=2).sum()
        == (pixels == 60).all(axis=2).sum()
        == (count * grid.tile[0] * grid.tile[1])
    )
    first, below = grid.corner(0), grid.corner(grid.columns)
    assert first[0] == below[0]
    if count == 8:
        assert grid.corner(2 * grid.columns)[1] - below[1] > below[1] - first[1]


def test_a_sheet_without_a_scale_has_no_bar():
    pixels = np.asarray(paint_sheet(make_pairs(1)))
    top = np.nonzero((pixels == 0).all(axis=2))[0].min()
    below_heading = MARGIN + TITLE + 8 + TEXT + 6
    assert below_heading < top < below_heading + 20
    assert (pixels[below_heading : top - 1] == 255).all()
