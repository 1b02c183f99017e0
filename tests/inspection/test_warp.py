import numpy as np
import pytest

from cnncli.inspection.warp import Warp

SIZE = (5, 7)


@pytest.fixture
def images():
    return np.random.default_rng(0).standard_normal((2, *SIZE, 3)).astype(np.float32)


def test_a_warp_that_does_nothing_leaves_images_as_they_are(images):
    np.testing.assert_array_equal(Warp(SIZE, 0, 1, (0, 0)).apply(images), images)


def test_images_are_moved_down_and_to_the_right_and_continued_at_the_border(images):
    moved = Warp(SIZE, 0, 1, (1, 2)).apply(images)

    np.testing.assert_array_equal(moved[:, 1:, 2:], images[:, :-1, :-2])
    np.testing.assert_array_equal(moved[:, 0, 2:], images[:, 0, :-2])
    np.testing.assert_array_equal(moved[:, 1:, 0], images[:, :-1, 0])


def test_a_quarter_turn_is_one(images):
    square = images[:, :, :5]

    turned = Warp((5, 5), np.pi / 2, 1, (0, 0)).apply(square)

    expected = np.rot90(square, axes=(1, 2))
    np.testing.assert_allclose(turned, expected, atol=1e-5)


def test_twice_as_large_shows_every_pixel_and_what_lies_between():
    row = np.arange(5, dtype=np.float32).reshape(1, 1, 5, 1)

    enlarged = Warp((1, 5), 0, 2, (0, 0)).apply(row)

    np.testing.assert_allclose(enlarged.ravel(), [1, 1.5, 2, 2.5, 3])


def test_gradients_go_back_where_the_pixels_came_from(images):
    warp = Warp(SIZE, 0.3, 1.2, (1, -1))
    gradients = np.random.default_rng(1).standard_normal(images.shape).astype(np.float32)

    carried = warp.carry_back(gradients)

    there = (warp.apply(images) * gradients).sum(axis=(1, 2, 3))
    np.testing.assert_allclose((images * carried).sum(axis=(1, 2, 3)), there, rtol=1e-5)
