from __future__ import annotations

import numpy as np
import pytest

from cnncli.data.maps.borders import find_inner, find_meetings


def draw(border: int, inside: int = 12) -> np.ndarray:
    """A square of class 1 on class 0, with a border of 255 around it."""
    values = np.zeros((100, 90), np.uint8)
    outside = inside + 2 * border
    values[8 : 8 + outside, 8 : 8 + outside] = 255
    values[8 + border : 8 + border + inside, 8 + border : 8 + border + inside] = 1
    return values


@pytest.mark.parametrize("border", [1, 2, 5, 8])
def test_a_border_is_where_two_others_meet(border: int) -> None:
    meets = find_meetings(draw(border), 255)
    assert len(meets) == (draw(border) == 255).sum()
    assert meets.mean() > 0.9


def test_an_area_is_not() -> None:
    assert find_meetings(draw(25), 255).mean() < 0.1


def test_a_small_area_inside_of_another_is_not() -> None:
    values = draw(0, inside=40)
    values[20:26, 20:26] = 255
    assert not find_meetings(values, 255).any()


def test_the_border_of_one_other_class_is_not() -> None:
    values = np.where(draw(3) == 255, 255, 0).astype(np.uint8)
    assert not find_meetings(values, 255).any()


def test_masks_smaller_than_the_reach_are_looked_at_too() -> None:
    assert find_meetings(np.array([[0, 255, 1]], np.uint8), 255).tolist() == [True]
    assert find_meetings(np.array([[255], [7]], np.uint8), 255).tolist() == [False]
    assert find_meetings(np.full((2, 2), 255, np.uint8), 255).tolist() == [False] * 4


def test_an_inner_pixel_is_surrounded_by_its_like() -> None:
    values = np.zeros((6, 6), np.uint8)
    values[1:5, 1:5] = 3
    assert np.argwhere(find_inner(values)).tolist() == [[2, 2], [2, 3], [3, 2], [3, 3]]
    assert not find_inner(np.zeros((2, 9), np.uint8)).any()
