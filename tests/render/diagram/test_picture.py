from xml.etree import ElementTree

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.render.diagram import Box, Diagram, Series
from cnncli.render.diagram.page import draw_page
from cnncli.render.strokes.picture import paint_page
from cnncli.render.strokes.svg import write_svg


def test_it_is_the_svg_at_twice_its_size(residual):
    picture = paint_page(draw_page(residual))
    root = ElementTree.fromstring("\n".join(write_svg(draw_page(residual))))
    _, _, width, height = map(float, root.get("viewBox").split())
    assert abs(picture.width - 2 * width) <= 2 and abs(picture.height - 2 * height) <= 2
    pixels = np.asarray(picture)
    for one in root.iter("{http://www.w3.org/2000/svg}polygon"):
        points = np.array([list(map(float, p.split(","))) for p in one.get("points").split()])
        if one.get("stroke") and len(points) == 4:
            x, y = (2 * points.mean(axis=0)).round().astype(int)
            color = "#" + bytes(pixels[y, x]).hex()
            assert color == one.get("fill")


def test_the_margin_is_empty(diagram):
    pixels = np.asarray(paint_page(draw_page(diagram)))
    assert pixels.min() < 100
    for edge in (pixels[:20], pixels[-20:], pixels[:, :20], pixels[:, -20:]):
        assert edge.min() == 255


def test_what_no_picture_holds_is_refused():
    parts = tuple(Box(f"conv{i}", "conv", ("conv 3x3, 64",), (8, 8, 4)) for i in range(4000))
    with pytest.raises(UsageError, match=r"too large for a PNG; make it an SVG"):
        paint_page(draw_page(Diagram("", "", Series(parts))))
