"""Noise and blur: how much of them, and what they leave alone."""

import numpy as np
import pytest

from cnncli.augment import Draws
from cnncli.augment.noise import Blur, Noise

DRAWS = Draws(3, 0, np.arange(40))
SCALE = np.array([0.02, 0.01, 0.005], np.float32)


def test_noise_has_its_deviation_in_levels_in_every_channel():
    inputs = np.zeros((40, 16, 16, 3), np.float32)
    Noise(8.0).change(DRAWS, inputs, SCALE)
    assert inputs.std(axis=(0, 1, 2)) / SCALE == pytest.approx([8, 8, 8], rel=0.03)
    assert np.abs(inputs.mean(axis=(0, 1, 2)) / SCALE).max() < 0.3


def test_no_two_pixels_or_images_have_the_same_noise():
    inputs = np.zeros((40, 16, 16, 1), np.float32)
    Noise(8.0).change(DRAWS, inputs, SCALE[:1])
    rows = inputs.reshape(40, -1)
    correlation = np.corrcoef(rows)
    assert np.abs(correlation - np.eye(40)).max() < 0.3
    neighbors = np.corrcoef(inputs[:, :, 1:].ravel(), inputs[:, :, :-1].ravel())[0, 1]
    assert abs(neighbors) < 0.03


def blur(step, inputs):
    step.change(DRAWS, inputs, SCALE)
    return inputs


def test_a_point_becomes_a_gaussian_of_the_same_sum():
    inputs = np.zeros((40, 17, 17, 1), np.float32)
    inputs[:, 8, 8] = 1
    blurred = blur(Blur(2.0, 1.0), inputs)[..., 0]
    assert blurred.sum(axis=(1, 2)) == pytest.approx(np.ones(40), rel=1e-5)
    places = np.arange(17) - 8
    deviations = np.sqrt((blurred.sum(axis=1) * places**2).sum(axis=1))
    assert deviations.min() < 0.4
    assert 1.5 < deviations.max() < 2.05
    expected = np.exp(-(places**2) / 2 / deviations.max() ** 2)
    row = blurred[deviations.argmax()].sum(axis=0)
    assert np.allclose(row / row.max(), expected, atol=0.02)
    assert np.allclose(blurred, blurred.swapaxes(1, 2), atol=1e-6)


def test_an_even_image_stays_as_it_is_up_to_its_edges():
    inputs = np.full((40, 3, 5, 2), 0.7, np.float32)
    assert np.allclose(blur(Blur(3.0, 1.0), inputs), 0.7, atol=1e-5)


def test_only_a_share_of_the_images_is_blurred():
    inputs = np.random.default_rng(0).random((40, 6, 6, 1)).astype(np.float32)
    same = (blur(Blur(1.0), inputs.copy()) == inputs).all(axis=(1, 2, 3))
    assert 10 <= same.sum() <= 30
