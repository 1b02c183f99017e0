import numpy as np
import pytest

from cnncli.engine.orthogonal import measure_length, orthogonalize


def draw(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(64, 216), (216, 64), (33, 7), (1, 9), (16, 16)])
def test_singular_vectors_stay_and_singular_values_come_near_one(shape):
    matrix = draw(*shape)
    u, _, v = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    values = u.T @ orthogonalize(matrix, 1) @ v.T
    assert np.abs(values - np.diag(np.diag(values))).max() < 1e-5
    large = np.linalg.svd(matrix)[1] > 0.1 * np.linalg.norm(matrix)
    assert np.diag(values)[large].min() > 0.6 and np.diag(values).max() < 1.25


def test_the_bits_do_not_depend_on_the_threads():
    matrix = draw(70, 300)
    alone = orthogonalize(matrix, 1)
    assert all(np.array_equal(alone, orthogonalize(matrix, threads)) for threads in (2, 3))


def test_the_length_of_a_matrix_does_not_matter_and_none_is_zero():
    matrix = draw(8, 20)
    np.testing.assert_allclose(orthogonalize(1000 * matrix, 1), orthogonalize(matrix, 1), atol=1e-6)
    assert not orthogonalize(0 * matrix, 1).any()


def test_the_length_is_the_root_of_the_sum_of_squares():
    assert measure_length(np.array([[3, 0], [0, 4]], np.float32), 1) == 5
