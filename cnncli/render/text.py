"""Writing on pictures with the font that comes with Pillow, which knows little beyond ASCII."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from functools import cache

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

INK, PALE_INK, PAPER = "#202124", "#6e7278", "#ffffff"
TITLE, TEXT, LABEL = 20, 14, 12  # heights of the letters in pixels
KNOWN = "°±·«»"  # what the font has beyond ASCII, with or without FreeType
ALIKE = str.maketrans({"×": "x", "–": "-", "—": "-", "−": "-", "…": "...", "’": "'", "ß": "ss"})


@cache
def load_font(size: int) -> Font:
    """Return the font of this height, or the only font of a Pillow without FreeType."""
    try:
        return ImageFont.load_default(size)
    except ImportError:
        return ImageFont.load_default()


def make_drawable(text: str) -> str:
    """Replace what the font lacks: letters lose their accents, others become question marks."""
    return "".join(map(_drawable_letter, unicodedata.normalize("NFC", text).translate(ALIKE)))


def _drawable_letter(letter: str) -> str:
    base = letter if letter in KNOWN else unicodedata.normalize("NFKD", letter)[0]
    return base if base in KNOWN or (base.isascii() and base.isprintable()) else "?"


def measure_text(text: str, size: int = LABEL) -> int:
    """Return the width of a text in pixels."""
    return math.ceil(load_font(size).getlength(make_drawable(text)))


def measure_widest(texts: Iterable[str], size: int = LABEL) -> int:
    """Return the width of the widest of some texts, 0 if there is none."""
    return max((measure_text(text, size) for text in texts), default=0)


def shorten(text: str, width: int, size: int = LABEL) -> str:
    """Return a text that is cut, with dots at its end, where it is wider than this."""
    if measure_text(text, size) <= width:
        return text
    while text and measure_text(text + "...", size) > width:
        text = text[:-1]
    return text.rstrip() + "..."


def write(
    page: Image.Image,
    x: float,
    y: float,
    text: str,
    size: int = LABEL,
    ink: str = PALE_INK,
    align: float = 0.5,
) -> None:
    """Write a line with its top at y; x is its left end for align=0, its right one for 1."""
    left = round(x - align * measure_text(text, size))
    ImageDraw.Draw(page).text((left, round(y)), make_drawable(text), fill=ink, font=load_font(size))


def write_upward(page: Image.Image, x: int, y: int, text: str, size: int, ink: str) -> None:
    """Write a line from bottom to top, its first letter above y, its middle at x."""
    strip = Image.new("RGB", (measure_text(text, size) + 2, size + 4), PAPER)
    write(strip, 0, 0, text, size, ink, align=0)
    turned = strip.rotate(90, expand=True)
    page.paste(turned, (x - turned.width // 2, y - turned.height))


def write_number(value: float) -> str:
    """Write a number with the three digits that say the most."""
    return "0" if value == 0 else f"{value:.3g}"
