import numpy as np
import pytest

from cnncli.render.resize import enlarge, fit, resize


def picture(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_every_pixel_becomes_a_block():
    pixels = picture(2, 1)

    assert (enlarge(pixels, 2, 3) == pixels[[0, 0, 1, 1]][:, [0, 0, 0]]).all()


def test_a_picture_that_grows_keeps_its_colors():
    pixels = picture(3, 5)

    assert (resize(pixels, 9, 15) == enlarge(pixels, 3, 3)).all()


def test_a_picture_that_shrinks_is_averaged():
    pixels = np.array([[[0, 0, 0], [100, 200, 50]]], np.uint8)

    assert resize(pixels, 1, 1).tolist() == [[[50, 100, 25]]]


@pytest.mark.parametrize(
    ("size", "fits"),
    [((5, 5), (20, 20)), ((3, 10), (6, 20)), ((40, 40), (20, 20)), ((300, 1), (20, 1))],
)
def test_a_picture_is_fitted_by_whole_pixels_or_made_smaller(size, fits):
    assert fit(picture(*size), 20).shape == (*fits, 3)
