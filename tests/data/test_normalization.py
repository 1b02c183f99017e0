from __future__ import annotations

import numpy as np
import pytest

from cnncli.data.images.choice import Statistics
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.normalization import (
    are_numbers,
    float32_array,
    round_to_float32,
    with_normalization,
)


def test_every_number_is_a_float32() -> None:
    assert round_to_float32([0.1]) == (float(np.float32(0.1)),)


def test_a_scale_is_one_array_for_all_batches() -> None:
    scale = float32_array((0.5, 2.0))
    assert scale.dtype == np.float32
    assert scale.tolist() == [0.5, 2.0]
    assert float32_array((0.5, 2.0)) is scale


def test_a_preprocessing_takes_the_scale_and_shift_of_its_statistics() -> None:
    statistics = Statistics.empty(3)
    statistics.add(np.array([[[[10, 0, 50]], [[20, 20, 54]]]], np.uint8))
    preprocessing = with_normalization(Preprocessing(1, 1, 3), "minmax", statistics)
    assert preprocessing.normalization == "minmax"
    assert preprocessing.scale == pytest.approx((0.1, 0.05, 0.25))
    assert preprocessing.shift == pytest.approx((-1.0, 0.0, -12.5))


@pytest.mark.parametrize("values", [[1, 2.5], [-3, 1e29]])
def test_a_list_of_finite_numbers_is_one(values: list[float]) -> None:
    assert are_numbers(values, 2)


@pytest.mark.parametrize("values", [None, (1, 2), [1], [1, True], [1, 1e31], [1, float("nan")]])
def test_anything_else_is_none(values: object) -> None:
    assert not are_numbers(values, 2)
