import pytest
from PIL import Image

from cnncli.render.text import make_drawable, measure_text, shorten, write, write_number


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("déjà vu", "deja vu"),
        ("e\u0301", "e"),
        ("5×5 − 3…", "5x5 - 3..."),
        ("conv1 · 90° ±1", "conv1 · 90° ±1"),
        ("猫 cat", "? cat"),
        ("a\tb\x1b", "a?b?"),
    ],
)
def test_what_the_font_lacks_is_replaced(text, drawn):
    assert make_drawable(text) == drawn


def test_a_text_that_fits_is_left_alone():
    assert shorten("truck", 100) == "truck"


def test_a_text_that_is_too_wide_ends_in_dots():
    short = shorten("an unusually long class name", 80)

    assert short.startswith("an") and short.endswith("...")
    assert measure_text(short) <= 80


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.0, "0"), (-0.12345, "-0.123"), (2.0, "2"), (1234567.0, "1.23e+06"), (float("nan"), "nan")],
)
def test_numbers_have_three_digits(value, written):
    assert write_number(value) == written


def inked(page):
    return page.convert("L").point(lambda light: 255 * (light < 128)).getbbox()


def test_a_text_is_written_to_the_left_around_or_to_the_right_of_its_place():
    boxes = []
    for align in (1, 0.5, 0):
        page = Image.new("RGB", (200, 30), "white")
        write(page, 100, 5, "HHHH", 14, "black", align)
        boxes.append(inked(page))

    left, middle, right = boxes
    assert left[2] <= 100 <= right[0]
    assert abs((middle[0] + middle[2]) / 2 - 100) <= 1
