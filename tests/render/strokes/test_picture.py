import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.render.strokes import Page, Path, Polygon, Text
from cnncli.render.strokes.picture import paint_page


def paint(*strokes):
    return np.asarray(paint_page(Page(100, 60, "", strokes)))


def test_a_page_is_painted_at_twice_its_size_on_white():
    pixels = paint()
    assert pixels.shape == (120, 200, 3) and pixels.min() == 255


def test_an_area_is_filled_where_it_lies():
    pixels = paint(Polygon(((10, 10), (30, 10), (30, 30), (10, 30)), "#0072b2"))
    assert pixels[40, 40].tolist() == [0x00, 0x72, 0xB2]
    assert pixels[100, 100].tolist() == [255, 255, 255]


def test_a_dashed_line_has_gaps():
    lines = [paint(Path(((10, 30), (90, 30)), "#000000", 2.0, dashed)) for dashed in (False, True)]
    solid, dashed = ((pixels[60, 20:180] < 128).all(axis=1) for pixels in lines)
    assert solid.all()
    assert 0.4 < dashed.mean() < 0.8 and np.diff(dashed.astype(int)).clip(0).sum() >= 9


def test_letters_are_written():
    assert paint(Text((50, 30), "loss")).min() < 128


def test_a_page_that_no_picture_holds_is_refused():
    with pytest.raises(UsageError, match="too large for a PNG; make it an SVG"):
        paint_page(Page(100_000, 1_000, "", ()))
