"""Every kind of setting: what it reads, how that is written, and what it refuses."""

import pytest

from cnncli.settings import (
    COUNT,
    INDEX,
    PADDING,
    POSITIVE,
    RATE,
    REAL,
    SHAPE,
    SIZE,
    SWITCH,
    choice,
    split_call,
)

COLOR = choice("red", "green")
KINDS = {
    "count": COUNT, "index": INDEX, "padding": PADDING, "positive": POSITIVE, "rate": RATE,
    "real": REAL, "shape": SHAPE, "size": SIZE, "switch": SWITCH, "color": COLOR,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("count", "1", 1),
        ("count", "999999999", 999999999),
        ("index", "0", 0),
        ("size", "3", (3,)),
        ("size", "3x5", (3, 5)),
        ("padding", "same", "same"),
        ("padding", "causal", "causal"),
        ("padding", "0x2", (0, 2)),
        ("shape", "7x7x64", (7, 7, 64)),
        ("shape", "10", (10,)),
        ("switch", "yes", True),
        ("switch", "no", False),
        ("rate", "0", 0.0),
        ("rate", "0.999", 0.999),
        ("real", "-2", -2.0),
        ("real", "1e-05", 1e-5),
        ("positive", "1e-05", 1e-5),
        ("color", "green", "green"),
    ],
)
def test_a_text_becomes_a_value_and_the_value_the_same_text(kind, text, value):
    assert KINDS[kind].read(text) == value
    assert KINDS[kind].write(value) == text


@pytest.mark.parametrize(
    ("kind", "text", "written"),
    [("size", "3x3", "3"), ("real", "2.0", "2"), ("real", "1e3", "1000"), ("index", "007", "7")],
)
def test_a_value_is_written_in_one_way_however_it_was_read(kind, text, written):
    assert KINDS[kind].write(KINDS[kind].read(text)) == written


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("count", "0"), ("count", "-1"), ("count", "1.0"), ("count", "1000000000"), ("count", "٣"),
        ("index", ""), ("size", "0"), ("size", "3x"), ("size", "1x2x3"), ("padding", "full"),
        ("shape", "1x2x3x4"), ("shape", "0"), ("switch", "true"), ("rate", "1"), ("rate", "-0.1"),
        ("real", "nan"), ("real", "1e999"), ("real", "x"), ("positive", "0"), ("color", "Red"),
    ],
)  # fmt: skip
def test_a_text_that_does_not_fit_is_refused(kind, text):
    with pytest.raises(ValueError):
        KINDS[kind].read(text)


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("adam", "adam", []),
        ("cross-entropy", "cross-entropy", []),
        ("adam()", "adam", []),
        (" adam ( 0.9 ,eps= 1 ) ", "adam", [(None, "0.9"), ("eps", "1")]),
        ("adam(0.9,)", "adam", [(None, "0.9"), (None, "")]),
        ("adam(", "adam(", []),
        ("adam(f(1))", "adam(f(1))", []),
        ("", "", []),
    ],
)
def test_a_call_is_split_into_its_name_and_arguments(text, name, arguments):
    assert split_call(text) == (name, arguments)
