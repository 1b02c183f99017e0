import numpy as np
import pytest

from cnncli.inspection.similarity import compare_filters, find_largest, sort_by_similarity

FILTERS = np.array([[[[1, 0]]], [[[1, 1]]], [[[-2, 0]]], [[[0, 0]]]], np.float32)
COSINES = np.array(
    [[1, 0.7071, -1, 0], [0.7071, 1, -0.7071, 0], [-1, -0.7071, 1, 0], [0, 0, 0, 0]], np.float32
)


def test_filters_are_compared_by_the_angle_between_them():
    assert compare_filters(FILTERS) == pytest.approx(COSINES, abs=1e-4)


def test_large_weights_do_not_overflow():
    assert compare_filters(FILTERS * np.float32(1e30)) == pytest.approx(COSINES, abs=1e-4)


def test_the_similarity_of_a_filter_is_that_to_the_one_most_like_it():
    assert find_largest(COSINES).tolist() == pytest.approx([0.7071, 0.7071, 0, 0], abs=1e-4)
    assert find_largest(np.ones((1, 1), np.float32)).tolist() == [0]


def test_behind_each_filter_comes_the_one_most_like_it():
    angles = np.radians([0, 90, 20, 60, 170])
    filters = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    cosines = compare_filters(filters)
    assert sort_by_similarity(cosines, range(5)) == [0, 2, 3, 1, 4]
    assert sort_by_similarity(cosines, [4, 0, 3]) == [4, 3, 0]
    assert sort_by_similarity(cosines, []) == []
