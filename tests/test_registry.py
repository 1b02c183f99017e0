"""Registries: classes enter them by subclassing, and are read and written with their settings."""

from typing import Any, ClassVar

import pytest

from cnncli.errors import UsageError
from cnncli.registry import Named, Registry
from cnncli.settings import COUNT, POSITIVE, RATE, setting
from cnncli.terminal import name_options

SHAPES: Registry[Any] = Registry("shape")


class Shape(Named):
    registry: ClassVar[Registry[Any]] = SHAPES


class Round(Shape):  # without a name: there to be built upon
    radius: float = setting(POSITIVE)


class Ring(Round, name="ring"):
    hole: float = setting(RATE, 0.5)
    weights: tuple[float, ...] = ()  # no setting: nobody writes it


class Box(Shape, name="flat-box"):
    width: int = setting(COUNT, 1)
    height: int = setting(COUNT, 1)


def test_classes_with_a_name_are_registered_in_the_order_of_their_definition():
    assert list(SHAPES) == ["ring", "flat-box"]
    assert SHAPES["ring"] is SHAPES.find("ring") is Ring
    assert (Ring.name, len(SHAPES), "round" in SHAPES) == ("ring", 2, False)


def test_two_of_the_same_name_are_a_mistake_of_the_programmer():
    with pytest.raises(AssertionError, match="there are two of the name ring"):
        SHAPES.add("ring", Box)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("flat-box", Box()),
        ("flat-box()", Box()),
        ("flat-box(2)", Box(2)),
        (" flat-box ( 2 , 3 ) ", Box(2, 3)),
        ("flat-box(height=3)", Box(1, 3)),
        ("flat-box(2, height=3)", Box(2, 3)),
        ("ring(2.5)", Ring(2.5)),
        ("ring(radius=1e-3, hole=0)", Ring(0.001, 0.0)),
    ],
)
def test_a_text_gives_settings_by_position_or_by_name(text, value):
    assert SHAPES.read(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Box(), "flat-box"),
        (Box(2), "flat-box(2)"),
        (Box(1, 3), "flat-box(height=3)"),
        (Box(2, 3), "flat-box(2, 3)"),
        (Ring(2.0), "ring(2)"),
        (Ring(2.5, 0.25, (1.0, 2.0)), "ring(2.5, 0.25)"),
    ],
)
def test_a_value_is_written_in_the_shortest_text(value, text):
    assert str(value) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--shape : not known; give ring, flat-box"),
        ("qqq", "--shape qqq: not known; give ring, flat-box"),
        ("rings", "--shape rings: not known; did you mean ring?"),
        ("ring(1", "--shape ring(1: not known; did you mean ring?"),
        ("flat-box((1))", "--shape flat-box((1)): not known; did you mean flat-box?"),
        ("ring", "--shape ring: radius is missing; write ring(radius)"),
        ("ring(-1)", "--shape ring: radius is '-1'; expected a number above 0"),
        ("ring(1, 1)", "--shape ring: hole is '1'; expected a number from 0 up to, but not, 1"),
        ("ring(1, hale=1)", "--shape ring has no setting 'hale'; did you mean hole?"),
        ("ring(1, weights=1)", "--shape ring has no setting 'weights'; it has radius, hole"),
        ("ring(1, radius=1)", "--shape ring: radius is given twice"),
        ("ring(radius=1, 0.5)", "--shape ring: write '0.5' before the settings with a name"),
        ("flat-box(1, 2, 3)", "--shape flat-box: '3' is one setting too many"),
        ("flat-box(1,)", "--shape flat-box: height is ''; expected a whole number of 1 or more"),
    ],
)
def test_an_error_says_what_was_found_and_what_would_fit(text, message):
    with pytest.raises(UsageError) as caught:
        SHAPES.read(text)
    assert name_options(caught.value.message) == message
