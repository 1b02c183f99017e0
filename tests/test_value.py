from dataclasses import FrozenInstanceError, asdict, fields, replace
from typing import Any

import pytest

from cnncli.value import Value


class Point(Value):
    x: int
    y: int = 2
    norm: Any = abs


class Other(Value):
    x: int
    y: int = 2
    norm: Any = abs


def test_fields_are_given_by_position_by_name_or_by_default():
    assert (Point(1).x, Point(1).y) == (1, 2)
    assert (Point(1, y=3).x, Point(1, y=3).y) == (1, 3)


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, abs, 4), {}), ((1,), {"x": 1}), ((1,), {"z": 3})]
)
def test_fields_that_are_missing_unknown_or_given_twice_are_an_error(values, named):
    with pytest.raises(TypeError, match="Point takes x, y, norm, each once"):
        Point(*values, **named)


def test_a_function_as_a_default_does_not_become_a_method():
    assert Point(1).norm(-3) == 3


def test_values_are_equal_by_class_and_fields():
    assert Point(1) == Point(y=2, x=1) and hash(Point(1)) == hash(Point(y=2, x=1))
    assert Point(1) != Point(1, 3)
    assert Point(1) != Other(1)


def test_values_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Point(1).x = 2
    with pytest.raises(FrozenInstanceError):
        del Point(1).x


def test_values_are_shown_with_their_fields():
    assert repr(Point(1, norm=None)) == "Point(x=1, y=2, norm=None)"


def test_values_can_be_matched():
    match Point(1):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_dataclasses_knows_values():
    assert [field.name for field in fields(Point)] == ["x", "y", "norm"]
    assert replace(Point(1), y=5) == Point(1, 5)
    assert asdict(Point(1, norm=None)) == {"x": 1, "y": 2, "norm": None}
