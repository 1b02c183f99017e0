"""Noise of nearly normal numbers against its definition, on every instruction set of this CPU."""

import numpy as np
import pytest
from fence import every_isa, given_array, same_bits

every_noise = every_isa("elementwise")
DEVIATIONS = np.float32([0.5, 2.0, 0.0])
STARTS = np.array([0, 1, 2**64 - 1, 12345678901234567], np.uint64)


def add(kernels, values, deviations=DEVIATIONS, threads=1):
    """Return values (n, pixels, C) with noise."""
    y = given_array(values)
    n, pixels, channels = values.shape
    kernels.add_noise(n, pixels, channels, STARTS[:n], deviations, y, threads)
    return np.array(y).reshape(values.shape)


def hash_slowly(start, place):
    """Return the 64 bits of SplitMix64 at this place of the stream that begins here."""
    limit = 2**64
    state = (start + (place + 1) * 0x9E3779B97F4A7C15) % limit
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % limit
    state = (state ^ state >> 27) * 0x94D049BB133111EB % limit
    return state ^ state >> 31


@every_noise
def test_each_number_is_the_sum_of_the_bytes_of_its_hash(kernels):
    values = np.random.default_rng(0).standard_normal((4, 5, 3)).astype(np.float32)
    expected = values.astype(np.float64)
    for i, pixel, channel in np.ndindex(values.shape):
        bits = hash_slowly(int(STARTS[i]), pixel * 3 + channel)
        number = (sum(bits.to_bytes(8, "little")) - 1020) / np.sqrt(8 * (256**2 - 1) / 12)
        expected[i, pixel, channel] += DEVIATIONS[channel] * number
    noisy = add(kernels, values)
    assert np.allclose(noisy, expected, atol=1e-6)
    assert np.array_equal(noisy[..., 2], values[..., 2])


@every_noise
def test_the_numbers_are_nearly_normal(kernels):
    noise = add(kernels, np.zeros((4, 20000, 1), np.float32), np.ones(1, np.float32)).ravel()
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert (noise.astype(np.float64) ** 4).mean() == pytest.approx(3 - 1.2 / 8, abs=0.1)
    assert (np.abs(noise) > 1.96).mean() == pytest.approx(0.05, abs=0.005)


@every_noise
def test_samples_and_threads_do_not_matter_to_one_another(kernels):
    values = np.ones((4, 4000, 3), np.float32)
    once = add(kernels, values)
    assert all(same_bits(add(kernels, values, threads=threads), once) for threads in (2, 3))
    assert same_bits(add(kernels, values[:2]), once[:2])
