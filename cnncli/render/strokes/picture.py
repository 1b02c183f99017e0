"""A page as a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from PIL import Image, ImageDraw

from cnncli.errors import UsageError
from cnncli.render.strokes import (
    DASH,
    HEAD,
    PAUSE,
    Arrow,
    Group,
    Page,
    Path,
    Point,
    Polygon,
    Stroke,
    Text,
)
from cnncli.render.text import INK, PALE_INK, PAPER, write

INKS = {"ink": INK, "pale": PALE_INK}
LARGEST = 36_000_000  # pixels of a picture


def paint_page(page: Page) -> Image.Image:
    """Return a page as a picture, at twice its size where that is not too large.

    Drawn at twice that again and averaged, but for the letters. Raises UsageError where it is too
    large even so.
    """
    width, height = math.ceil(page.width), math.ceil(page.height)
    area = width * height
    if area > LARGEST:
        raise UsageError(
            f"its drawing of {width}x{height} pixels is too large for a PNG; make it an SVG"
        )
    zoom = 2 if area * 4 <= LARGEST else 1
    fine = 2 if area * zoom**2 * 4 <= 2 * LARGEST else 1
    size = width * zoom, height * zoom
    picture = Image.new("RGB", (size[0] * fine, size[1] * fine), PAPER)
    brush = ImageDraw.Draw(picture)
    strokes = list(_flatten(page.strokes))
    for stroke in strokes:
        _draw(brush, stroke, zoom * fine)
    picture = picture.reduce(fine) if fine > 1 else picture
    for stroke in strokes:
        if isinstance(stroke, Text):
            _write(picture, stroke, zoom)
    return picture


def _flatten(strokes: Iterable[Stroke]) -> Iterator[Stroke]:
    for stroke in strokes:
        if isinstance(stroke, Group):
            yield from _flatten(stroke.strokes)
        else:
            yield stroke


def _draw(brush: ImageDraw.ImageDraw, stroke: Stroke, zoom: int) -> None:
    def zoom_in(points: Iterable[Point]) -> list[Point]:
        return [(x * zoom, y * zoom) for x, y in points]

    match stroke:
        case Polygon(points, fill, edge):
            brush.polygon(zoom_in(points), fill=fill)
            if edge:
                brush.line(zoom_in((*points, points[0])), fill=edge, width=round(0.8 * zoom))
        case Arrow((x, y)):
            head = ((x, y), (x - HEAD, y - HEAD / 2), (x - HEAD, y + HEAD / 2))
            brush.polygon(zoom_in(head), fill=INK)
        case Path(points, ink, width, dashed):
            for piece in _dashes(points) if dashed else [points]:
                line = zoom_in(piece)
                brush.line(line, fill=INKS.get(ink, ink), width=round(width * zoom), joint="curve")


def _dashes(points: tuple[Point, ...]) -> Iterator[tuple[Point, Point]]:
    """Yield the dashes along a line."""
    done = 0.0  # of the dash and the pause behind it
    for (ax, ay), (bx, by) in pairwise(points):
        length = math.hypot(bx - ax, by - ay)
        at = 0.0
        while at < length:
            dash = done < DASH
            step = min((DASH if dash else DASH + PAUSE) - done, length - at)
            if dash:
                a, b = at / length, (at + step) / length
                yield (
                    (ax + (bx - ax) * a, ay + (by - ay) * a),
                    (ax + (bx - ax) * b, ay + (by - ay) * b),
                )
            at += step
            done = (done + step) % (DASH + PAUSE)


def _write(picture: Image.Image, text: Text, zoom: int) -> None:
    size = round(text.size * zoom)
    x, base = text.at
    write(picture, x * zoom, base * zoom - 0.95 * size, text.text, size, INKS[text.ink], text.align)
