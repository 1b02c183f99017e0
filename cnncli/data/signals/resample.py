"""Bring a signal to another number of samples per second."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def resample(values: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """Return a signal (L, C) of `rate` samples per second with `wanted`, (ceil(L*wanted/rate), C).

    The frequencies both rates can carry are kept and all others left out, in the signal's discrete
    Fourier transform. Zeros behind it keep its end from its beginning, and make its length
    a whole number of samples at both rates.
    """
    if rate == wanted:
        return values
    common = math.gcd(rate, wanted)
    step, wanted_step = rate // common, wanted // common
    length = len(values)
    periods = -(-(length + min(length, rate // 50)) // step)
    spectrum = np.fft.rfft(values.astype(np.float64), periods * step, axis=0)
    carried = min(periods * step, periods * wanted_step) // 2
    spectrum = spectrum[: max(carried, 1)]
    result = np.fft.irfft(spectrum, periods * wanted_step, axis=0) * (wanted_step / step)
    return result[: -(-length * wanted // rate)].astype(np.float32)
