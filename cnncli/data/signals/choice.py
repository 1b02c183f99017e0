"""Choose the preprocessing a set of signals asks for, from those that are trained on alone."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnncli.data.settings import DataSettings
from cnncli.data.signals.file import SignalHeader, Values, measure
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.data.unreadable import read_readable
from cnncli.errors import UsageError, setting
from cnncli.samples import Samples

MAX_LENGTH = 1 << 18  # of a length nobody asked for
WHOLE = 0.95  # of the signals, at least, fit in without being cut
TINY = 1e-20  # a spread below it is none


@dataclass
class SignalStatistics:
    """Mean, spread and limits of each channel."""

    count: int
    mean: NDArray[np.float64]  # (C,)
    squares: NDArray[np.float64]  # (C,) sum of (value - mean)^2
    low: NDArray[np.float64]  # (C,)
    high: NDArray[np.float64]  # (C,)

    @classmethod
    def empty(cls, channels: int) -> SignalStatistics:
        """Return the statistics of no values."""
        zeros = np.zeros(channels)
        return cls(0, zeros, zeros, zeros + np.inf, zeros - np.inf)

    def add(self, signals: Values) -> None:
        """Count signals, float32 (n, L, C) (Chan, Golub, LeVeque 1979, equation 2.1)."""
        values = signals.reshape(-1, signals.shape[-1]).astype(np.float64)
        if not len(values):
            return
        count = self.count + len(values)
        mean = values.mean(axis=0)
        apart = mean - self.mean
        squares = ((values - mean) ** 2).sum(axis=0)
        self.squares = self.squares + squares + apart**2 * (self.count * len(values) / count)
        self.mean = self.mean + apart * (len(values) / count)
        self.count = count
        self.low = np.minimum(self.low, values.min(axis=0))
        self.high = np.maximum(self.high, values.max(axis=0))

    def choose_scales_and_shifts(self, normalization: str) -> list[tuple[float, float]]:
        """Return what brings each channel to a range.

        unit: -1 to 1, for the largest distance from zero. standard: mean 0, standard deviation 1.
        minmax: 0 to 1 from lowest to highest. none: as it is. A constant channel becomes 0,
        but for none.
        """
        return [
            self._choose_scale_and_shift(normalization, channel)
            for channel in range(len(self.mean))
        ]

    def _choose_scale_and_shift(self, normalization: str, channel: int) -> tuple[float, float]:
        low, high = float(self.low[channel]), float(self.high[channel])
        mean = float(self.mean[channel])
        if normalization == "none":
            return 1.0, 0.0
        if high - low < TINY:
            return 1.0, -mean
        if normalization == "unit":
            return 1 / max(-low, high), 0.0
        if normalization == "minmax":
            return 1 / (high - low), -low / (high - low)
        deviation = math.sqrt(float(self.squares[channel]) / self.count)
        return 1 / deviation, -mean / deviation


def choose_signal_shape(
    samples: Samples, settings: DataSettings, threads: int
) -> tuple[SignalPreprocessing, tuple[str, ...]]:
    """Return a preprocessing without normalization, and what there is to say about the choice.

    Rate and number of channels are the ones most signals have; the length is the shortest that
    95 % of them fit into. Raises UsageError for a normalization that is for images alone.
    """
    if settings.normalization == "image":
        raise UsageError(f"{setting('normalization')} image is not for signals; give standard")
    headers = _read_headers(samples, threads)
    rates = Counter(header.rate for header in headers if header.rate)
    rate = _find_most_common(rates) if rates else None
    channels = _find_most_common(Counter(header.channels for header in headers))
    lengths = sorted(_convert_length(header, rate) for header in headers)
    asked = settings.signal_length
    length = asked or min(lengths[math.ceil(WHOLE * len(lengths)) - 1], MAX_LENGTH)
    notices = [
        f"{samples.where}: {count} of {len(headers)} signals have {remark}"
        for remark, count in Counter(header.remark for header in headers).items()
        if remark
    ]
    if asked is None and lengths[0] != lengths[-1]:
        notices.append(
            f"{samples.where}: signals of {lengths[0]} to {lengths[-1]} samples, brought to "
            f"{length} (the middle of longer ones, zeros around shorter ones); "
            f"{setting('length')} chooses otherwise"
        )
    if len(rates) > 1:
        others = rates.total() - rates[rate or 0]
        notices.append(
            f"{samples.where}: {others} of {len(headers)} signals resampled to {rate} samples per "
            "second, which most have"
        )
    return SignalPreprocessing(length, channels, rate), tuple(notices)


def _read_headers(samples: Samples, threads: int) -> list[SignalHeader]:
    """Return what can be read of the headers; the decoding that follows names the bad ones."""
    if samples.values is not None:
        count, length, channels = samples.values.shape
        return [SignalHeader(length, channels, None)] * count
    return read_readable(samples.where, samples.names, measure, threads)


def _find_most_common(counts: Counter[int]) -> int:
    """Return what occurs most often, of equals the highest."""
    return max(counts, key=lambda value: (counts[value], value))


def _convert_length(header: SignalHeader, rate: int | None) -> int:
    if rate is None or header.rate is None:
        return header.length
    return -(-header.length * rate // header.rate)
