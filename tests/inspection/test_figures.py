import numpy as np
import pytest

from cnncli.inspection.figures import (
    are_dead,
    find_peaks,
    measure_likeness,
    measure_map,
    measure_movement,
    measure_values,
    share_of_zeros,
)


def test_a_filter_has_norm_mean_min_and_max():
    figures = measure_values(np.array([[[[3.0, -4.0]]], [[[0.0, 1.0]]]], np.float32))

    assert {name: values.tolist() for name, values in figures.items()} == {
        "norm": [5.0, 1.0],
        "mean": [-0.5, 0.5],
        "min": [-4.0, 0.0],
        "max": [3.0, 1.0],
    }


def test_the_norm_of_large_weights_does_not_overflow():
    norm = measure_values(np.full((1, 1, 2, 2), 1e30, np.float32))["norm"]

    assert norm.tolist() == [np.float32(2e30)]


def test_the_share_of_zeros_counts_minus_zero_too():
    assert share_of_zeros(np.array([[[0.0, -0.0, 1.0, 2.0]]], np.float32)).tolist() == [0.5]


def test_dead_is_what_is_zero_all_over():
    maps = np.array([[[0.0, 0.0]], [[0.0, 1e-30]], [[-1.0, -1.0]]], np.float32)

    assert are_dead(maps).tolist() == [True, False, False]


def test_a_nan_is_not_dead():
    assert are_dead(np.array([[[np.nan, 0.0]]], np.float32)).tolist() == [False]


def test_a_map_has_its_center_of_mass_whatever_the_signs():
    values = np.zeros((4, 6), np.float32)
    values[1, 2], values[3, 4] = 3, -1

    assert measure_map(values) == {"min": -1, "max": 3, "sum": 2, "row": 1.5, "column": 2.5}


def test_a_map_of_zeros_has_its_center_in_the_middle():
    figures = measure_map(np.zeros((4, 5), np.float32))

    assert (figures["row"], figures["column"]) == pytest.approx((1.5, 2))


def test_likeness_is_the_cosine():
    before = np.array([3, 0, 4], np.float32)
    assert measure_likeness(before, 2 * before) == pytest.approx(1)
    assert measure_likeness(before, -before) == pytest.approx(-1)
    assert measure_likeness(before, np.array([0, 5, 0], np.float32)) == 0
    assert measure_likeness(before, np.array([5, 0, 0], np.float32)) == pytest.approx(0.6)
    assert measure_likeness(0 * before, 0 * before) == 1
    assert measure_likeness(0 * before, before) == 0


@pytest.mark.parametrize("shift", [-3, -0.5, 0, 0.25, 2, 4.5])
def test_movement_is_found_between_columns_too(shift):
    columns = np.arange(40.0)

    def draw(middle):
        wave = np.exp(-((columns - middle) ** 2) / 18)
        return np.stack([wave, 0.5 * wave], axis=-1)[None].astype(np.float32)

    assert measure_movement(draw(20), draw(20 + shift), 6) == pytest.approx(shift, abs=0.02)


def test_what_is_flat_does_not_move_and_a_single_column_cannot():
    flat = np.ones((3, 8, 2), np.float32)
    assert measure_movement(flat, flat, 3) == 0
    assert np.isnan(measure_movement(flat[:, :1], flat[:, :1], 3))


def test_a_peak_is_the_first_of_the_largest_values():
    maps = np.array([[[0, 1, 5], [5, 2, 0]], [[0, 0, 0], [0, 0, 0]]], np.float32)

    assert find_peaks(maps).tolist() == [[0, 2], [0, 0]]
