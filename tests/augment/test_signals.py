import numpy as np
import pytest

from cnncli.augment import Draws
from cnncli.augment.signals import Gain, Mask, Noise, Shift, Stretch
from cnncli.augment.text import read_augmentation
from cnncli.errors import UsageError

DRAWS = Draws(3, 0, np.arange(300))
SCALE = np.ones(2, np.float32)


def change(step, signal):
    """Return what a step makes of a signal (L, 2) in many samples."""
    inputs = np.tile(np.asarray(signal, np.float32), (300, 1, 1))
    step.change(DRAWS, inputs, SCALE)
    return inputs


def count_up(length):
    return np.arange(1, length + 1)[:, None] * [1, 10]


def test_a_shift_moves_a_signal_and_fills_with_zeros():
    moved = change(Shift(3.0), count_up(8))
    distances = set()
    for signal in moved:
        (rows,) = np.nonzero(signal[:, 0])
        distance = int(rows[0] + 1 - signal[rows[0], 0])
        distances.add(distance)
        kept = count_up(8)[max(0, -distance) : 8 - max(0, distance)]
        assert np.array_equal(signal[rows], kept)
    assert distances == {-3, -2, -1, 0, 1, 2, 3}


def test_a_gain_multiplies_a_signal_by_one_factor():
    factors = change(Gain(0.5), count_up(6)) / count_up(6)
    assert np.allclose(factors, factors[:, :1, :1], rtol=1e-5)
    assert 0.5 <= factors.min() < 0.52
    assert 1.48 < factors.max() <= 1.5


def test_noise_has_its_deviation():
    assert change(Noise(0.3), np.zeros((50, 2))).std() == pytest.approx(0.3, rel=0.02)


def test_a_stretched_line_has_another_slope_and_the_same_middle():
    line = np.linspace(-1, 1, 21)[:, None] * [1, 3]
    stretched = change(Stretch(0.4), line)
    assert np.allclose(stretched[:, 10], 0, atol=1e-6)
    slopes = (stretched[:, 11] - stretched[:, 9]) / (line[11] - line[9])
    assert np.allclose(slopes[:, 0], slopes[:, 1], rtol=1e-4)
    assert 0.6 <= slopes.min() < 0.63
    assert 1.37 < slopes.max() <= 1.4001
    short = slopes[:, 0] > 1.2
    assert not stretched[short][:, [0, -1]].any()


def test_a_part_of_a_signal_is_masked():
    masked = change(Mask(4.0), np.ones((9, 2)))
    gone = masked[..., 0] == 0
    assert np.array_equal(masked[..., 0], masked[..., 1])
    assert set(gone.sum(axis=1)) == {0, 1, 2, 3, 4}
    edges = np.abs(np.diff(gone.astype(int), axis=1, prepend=0, append=0)).sum(axis=1)
    assert set(edges) == {0, 2}
    assert gone.any(axis=0).all()


def test_a_share_is_that_of_the_length():
    assert (change(Mask(0.5), np.ones((20, 2)))[..., 0] == 0).sum(axis=1).max() == 10


@pytest.mark.parametrize("text", ["shift(50)", "mask(60)"])
def test_what_leaves_nothing_of_a_signal_is_refused(text):
    with pytest.raises(UsageError, match="would leave nothing of signals of 50 values"):
        read_augmentation(text, (50, 1)).check("classify", (50, 1))


@pytest.mark.parametrize("text", ["hflip", "hue(20)", "cutout(3)"])
def test_steps_for_images_are_refused_for_signals(text):
    name = text.partition("(")[0]
    with pytest.raises(UsageError, match=f"{name} is for images, and these are signals"):
        read_augmentation(text, (50, 1))
