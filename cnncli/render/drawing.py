"""A sheet of tiles or a chart, as a picture or as lines of text."""

from __future__ import annotations

from PIL import Image

from cnncli.render.blocks import Depth
from cnncli.render.chart import Chart
from cnncli.render.sheet import Sheet

Drawing = Sheet | Chart


def paint(drawing: Drawing) -> Image.Image:
    """Return the picture."""
    if isinstance(drawing, Sheet):
        from cnncli.render.sheet_picture import paint_sheet

        return paint_sheet(drawing)
    from cnncli.render.chart.page import draw_page
    from cnncli.render.strokes.picture import paint_page

    return paint_page(draw_page(drawing))


def draw(drawing: Drawing, width: int, depth: Depth) -> list[str]:
    """Return lines of at most `width` columns, if it can be drawn in so few."""
    if isinstance(drawing, Sheet):
        from cnncli.render.sheet_text import draw_sheet

        return draw_sheet(drawing, width, depth)
    from cnncli.render.chart.txt import draw_text

    return draw_text(drawing, width, depth)
