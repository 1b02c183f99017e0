"""A page as SVG: letters stay letters, and nothing is behind it, so that it suits any page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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

# As far from black as from white, for nobody knows the page.
INKS = {"ink": "#777c82", "pale": "#777c82"}
ANCHORS = {0: "start", 0.5: "middle", 1: "end"}
NEVER = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML


def write_svg(page: Page) -> list[str]:
    """Return the lines of an SVG file."""
    size = f"{_round(page.width)} {_round(page.height)}"
    width, height = size.split()
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{width}" '
        f'height="{height}" font-family="Helvetica, Arial, sans-serif" stroke-linejoin="round">',
        f"<title>{_escape(page.title)}</title>",
        *_write_elements(page.strokes),
        "</svg>",
    ]


def _write_elements(strokes: Iterable[Stroke]) -> Iterator[str]:
    for stroke in strokes:
        match stroke:
            case Group(title, inner):
                yield f"<g><title>{_escape(title)}</title>"
                yield from _write_elements(inner)
                yield "</g>"
            case Polygon(points, fill, edge):
                line = f' stroke="{edge}" stroke-width="0.8"' if edge else ""
                yield f'<polygon points="{_write_points(points)}" fill="{fill}"{line}/>'
            case Arrow((x, y)):
                head = ((x, y), (x - HEAD, y - HEAD / 2), (x - HEAD, y + HEAD / 2))
                yield f'<polygon points="{_write_points(head)}" fill="{INKS["ink"]}"/>'
            case Path(points, ink, width, dashed):
                dashes = f' stroke-dasharray="{DASH:g} {PAUSE:g}"' if dashed else ""
                yield (
                    f'<polyline points="{_write_points(points)}" fill="none" '
                    f'stroke="{INKS.get(ink, ink)}" stroke-width="{width}"{dashes}/>'
                )
            case Text((x, y), text, size, align, ink):
                yield (
                    f'<text x="{_round(x)}" y="{_round(y)}" font-size="{_round(size)}" '
                    f'text-anchor="{ANCHORS[align]}" fill="{INKS[ink]}">{_escape(text)}</text>'
                )


def _write_points(points: Iterable[Point]) -> str:
    return " ".join(f"{_round(x)},{_round(y)}" for x, y in points)


def _round(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _escape(text: str) -> str:
    text = NEVER.sub("?", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
