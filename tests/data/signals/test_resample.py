from __future__ import annotations

import numpy as np
import pytest

from cnncli.data.signals.resample import resample


def tone(frequency: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    """Return a sine under a window that begins and ends with zero, float32 (L, 1)."""
    t = np.arange(round(rate * seconds)) / rate
    window = np.sin(np.pi * t / seconds) ** 2
    return (window * np.sin(2 * np.pi * frequency * t)).astype(np.float32)[:, None]


@pytest.mark.parametrize("wanted", [8000, 11025, 16000, 44100, 48000, 7919])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_a_tone_both_rates_can_carry_is_the_same_tone(rate: int, wanted: int) -> None:
    found = resample(tone(700, rate), rate, wanted)
    expected = tone(700, wanted)
    count = min(len(found), len(expected))
    assert abs(len(found) - len(expected)) <= 1
    assert np.abs(found[:count] - expected[:count]).max() < 1e-3


def test_a_tone_the_new_rate_cannot_carry_is_left_out() -> None:
    found = resample(tone(6000, 16000), 16000, 8000)
    assert np.abs(found).max() < 1e-3  # and is not heard as one of 2000 Hz


def test_the_length_is_rounded_up_and_channels_stay_apart() -> None:
    both = np.hstack([tone(300, 8000), tone(500, 8000)])[:1001]
    found = resample(both, 8000, 6000)
    assert found.shape == (751, 2)
    assert np.allclose(found[:, :1], resample(both[:, :1], 8000, 6000), atol=1e-6)


def test_the_end_is_not_heard_at_the_beginning() -> None:
    late = np.zeros((8000, 1), np.float32)
    late[-40:] = tone(1000, 8000, 0.005)
    assert np.abs(resample(late, 8000, 11025)[:5000]).max() < 1e-3


@pytest.mark.parametrize("length", [1, 2, 7])
@pytest.mark.parametrize("rates", [(8000, 16000), (44100, 8000), (1, 1000000), (1000000, 1)])
def test_the_shortest_signals_survive(length: int, rates: tuple[int, int]) -> None:
    if length * rates[1] // rates[0] > 10**6:
        length = 1
    found = resample(np.ones((length, 1), np.float32), *rates)
    assert len(found) == -(-length * rates[1] // rates[0])
    assert np.isfinite(found).all()


def test_the_same_rate_changes_nothing() -> None:
    values = tone(100, 8000)
    assert resample(values, 8000, 8000) is values
