import click
import pytest

from cnncli.options.values import BYTES, DURATION, IMAGE_SIZE, SIZE, FiniteRange, Named


@pytest.mark.parametrize(
    ("text", "value"), [("32x32x3", (32, 32, 3)), ("16000x1", (16000, 1)), ("7", (7,))]
)
def test_size_is_numbers_joined_by_x(text, value):
    assert SIZE.convert(text, None, None) == value


@pytest.mark.parametrize("text", ["", "x", "32x", "0x3", "-1x3", "3x3x3x3", "3.0x3", "٣x٣", "1e3"])
def test_size_refuses_anything_else(text):
    with pytest.raises(click.BadParameter, match="not a size such as 32x32x3"):
        SIZE.convert(text, None, None)


@pytest.mark.parametrize(("text", "value"), [("28", (28, 28)), ("24x32", (24, 32))])
def test_image_size_is_one_side_or_two(text, value):
    assert IMAGE_SIZE.convert(text, None, None) == value


def test_numbers_are_finite():
    assert FiniteRange(0).convert("9.5", None, None) == 9.5
    for text in ("nan", "inf"):
        with pytest.raises(click.BadParameter, match=f"{text} is not a finite number"):
            FiniteRange(0).convert(text, None, None)


@pytest.mark.parametrize("text", ["adam", "adam(0.9, 0.98)", "adam (x"])
def test_a_name_may_have_settings_behind_it(text):
    assert Named(["sgd", "adam"]).convert(text, None, None) == text


@pytest.mark.parametrize("text", ["", "adamw(0.9)", "(0.9)", "Adam"])
def test_a_name_that_is_not_listed_is_refused(text):
    with pytest.raises(click.BadParameter, match="is not one of 'sgd', 'adam'"):
        Named(["sgd", "adam"]).convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100", 100),
        ("64M", 64 << 20),
        ("1.5k", 1536),
        ("2 GiB", 2 << 30),
        ("7B", 7),
        ("1TB", 1 << 40),
    ],
)
def test_bytes_take_a_unit_of_1024(text, value):
    assert BYTES.convert(text, None, None) == value


@pytest.mark.parametrize("text", ["", "M", "-1M", "1X", "1e9", "64MM"])
def test_bytes_refuse_anything_else(text):
    with pytest.raises(click.BadParameter, match="not a number of bytes such as 64M"):
        BYTES.convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("1.5h", 5400), ("90", 90), ("0.5 s", 0.5)]
)
def test_a_duration_is_a_number_with_its_unit(text, seconds):
    assert DURATION.convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "s", "-5s", "5d", "1h30", "0m", "nan", "1e3s"])
def test_a_duration_refuses_anything_else(text):
    with pytest.raises(click.BadParameter, match="not a time such as 90s, 5m"):
        DURATION.convert(text, None, None)
