"""Where new positions lie, which old ones they are made of, and how far those reach."""

from fractions import Fraction

import numpy as np
import pytest
import reference

from cnncli.layers.interpolation import ALIGNS, METHODS, Interpolation

LENGTHS = [1, 2, 3, 4, 5, 8, 13]
every_method = pytest.mark.parametrize("method", METHODS)
every_align = pytest.mark.parametrize("align", ALIGNS)


def list_interpolations(method, align):
    return [Interpolation(length, count, method, align) for length in LENGTHS for count in LENGTHS]


def make_matrix(axis):
    """Return what each output takes of each input: (count, length)."""
    sources, weights = axis.tabulate()
    matrix = np.zeros((axis.count, axis.length))
    for p in range(axis.count):
        np.add.at(matrix[p], sources[p], weights[p])
    return matrix


def make_matrix_of_sums(sums):
    matrix = np.zeros((sums.count, sums.length))
    for p in range(sums.count):
        terms = slice(sums.starts[p], sums.starts[p + 1])
        np.add.at(matrix[p], sums.sources[terms], sums.weights[terms])
    return matrix


@pytest.mark.parametrize(
    ("align", "places"),
    [
        ("centers", [-0.25, 0.25, 0.75, 1.25, 1.75, 2.25]),
        ("corners", [0, 0.4, 0.8, 1.2, 1.6, 2]),
        ("starts", [0, 0.5, 1, 1.5, 2, 2.5]),
    ],
)
def test_six_positions_lie_over_three_as_they_are_aligned(align, places):
    assert Interpolation(3, 6, "linear", align).locate().tolist() == pytest.approx(places)


@pytest.mark.parametrize(
    ("align", "nearest"),
    [("centers", [0, 2]), ("corners", [0, 3]), ("starts", [0, 2])],
)
def test_of_two_positions_as_near_the_first_is_the_nearest(align, nearest):
    assert Interpolation(4, 2, "nearest", align).find_nearest().tolist() == nearest


def test_a_position_is_nearest_to_the_one_that_its_start_lies_in():
    axis = Interpolation(3, 8, "nearest", "starts")
    assert axis.find_nearest().tolist() == [0, 0, 0, 1, 1, 1, 2, 2]


@every_method
@every_align
def test_weights_are_those_of_the_definition(method, align):
    for axis in list_interpolations(method, align):
        expected = [
            reference.weigh_position(p, axis.length, axis.count, method, align)
            for p in range(axis.count)
        ]
        assert np.allclose(make_matrix(axis), expected, atol=1e-12), axis


@every_method
@every_align
def test_sums_forward_and_back_hold_the_same_weights(method, align):
    for axis in list_interpolations(method, align):
        matrix = make_matrix(axis)
        assert np.allclose(make_matrix_of_sums(axis.sum_up()), matrix, atol=1e-6), axis
        assert np.allclose(make_matrix_of_sums(axis.sum_up(back=True)), matrix.T, atol=1e-6), axis


@every_method
@every_align
def test_no_source_lies_beyond_the_reach_and_one_lies_at_its_end(method, align):
    for axis in list_interpolations(method, align):
        sources, weights = axis.tabulate()
        window, before, after = axis.measure_reach()
        origins = [p * axis.jump for p in range(axis.count)]
        used = [row[weight != 0] for row, weight in zip(sources, weights, strict=True)]
        reached = [origin - int(min(row)) for origin, row in zip(origins, used, strict=True)]
        assert all(Fraction(-after) <= span <= before for span in reached), axis
        reached = [int(max(row)) - origin for origin, row in zip(origins, used, strict=True)]
        assert all(Fraction(-before) <= span <= after for span in reached), axis
        assert max(np.ptp(row) + 1 for row in used) <= window, axis


@every_method
@every_align
def test_as_many_positions_as_before_are_the_same_ones(method, align):
    axis = Interpolation(5, 5, method, align)
    assert make_matrix(axis).tolist() == np.eye(5).tolist()
    assert (axis.jump, axis.measure_reach()) == (1, (1, 0, 0))
