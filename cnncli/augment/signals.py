"""Signals moved, amplified, stretched and with parts missing.

Zero is silence, or the mean of the training data where it is normalized to that.
Legend: n signals of a batch, L length, C channels.
"""

from __future__ import annotations

import numpy as np

from cnncli.augment.base import Array, Shape, SignalStep, resolve_distance
from cnncli.augment.draws import Draws
from cnncli.augment.noise import add_noise
from cnncli.settings import DISTANCE, SHARE, between, setting


class Shift(SignalStep, name="shift"):
    """Moved in time by at most so many values, or such a share of the length; zeros follow."""

    distance: float = setting(DISTANCE)

    examples = ("shift(5)", "shift(0.3)")
    still = "shift(0)"

    def refuse(self, task: str, shape: Shape) -> str | None:
        return _refuse_long(self.distance, shape)

    def change(self, draws: Draws, inputs: Array, scale: Array) -> None:
        farthest = resolve_distance(self.distance, inputs.shape[1])
        for signal, distance in zip(inputs, draws.whole(-farthest, farthest), strict=True):
            start = int(distance)
            signal[:] = np.roll(signal, start, axis=0)
            signal[slice(None, start) if start >= 0 else slice(start, None)] = 0


class Gain(SignalStep, name="gain"):
    """Louder or softer by a factor of 1 plus or minus at most this share."""

    share: float = setting(SHARE)

    examples = ("gain(0.3)", "gain(1)")
    still = "gain(0)"

    def change(self, draws: Draws, inputs: Array, scale: Array) -> None:
        inputs *= draws.uniform(1 - self.share, 1 + self.share).astype(np.float32)[:, None, None]


class Noise(SignalStep, name="noise"):
    """Noise of this standard deviation on every value, where the signals' own is 1."""

    deviation: float = setting(between(0, 10))

    examples = ("noise(0.1)",)
    still = "noise(0)"

    def change(self, draws: Draws, inputs: Array, scale: Array) -> None:
        add_noise(draws, inputs, np.full(inputs.shape[2], self.deviation))


class Stretch(SignalStep, name="stretch"):
    """Slower or faster by a factor of 1 plus or minus at most this share, the middle kept.

    Values between two are interpolated; zeros follow where a signal has become short.
    """

    share: float = setting(SHARE)

    examples = ("stretch(0.2)",)
    still = "stretch(0)"

    def change(self, draws: Draws, inputs: Array, scale: Array) -> None:
        length, channels = inputs.shape[1:]
        places, middle = np.arange(length), (length - 1) / 2
        for signal, factor in zip(
            inputs, draws.uniform(1 - self.share, 1 + self.share), strict=True
        ):
            sources = (places - middle) * factor + middle
            for channel in range(channels):
                values = signal[:, channel].copy()
                signal[:, channel] = np.interp(sources, places, values, left=0, right=0)


class Mask(SignalStep, name="mask"):
    """A part of at most so many values, or such a share of the length, anywhere, made zero.

    The time masks of Park et al. 2019, arXiv:1904.08779, on the signal itself.
    """

    length: float = setting(DISTANCE)

    examples = ("mask(5)", "mask(0.3)")
    still = "mask(0)"

    def refuse(self, task: str, shape: Shape) -> str | None:
        return _refuse_long(self.length, shape)

    def change(self, draws: Draws, inputs: Array, scale: Array) -> None:
        total = inputs.shape[1]
        lengths = draws.whole(0, resolve_distance(self.length, total), "length")
        starts = np.floor(draws.uniform(0, 1, "start") * (total - lengths + 1))
        for signal, start, length in zip(inputs, starts, lengths, strict=True):
            signal[int(start) : int(start + length)] = 0


def _refuse_long(distance: float, shape: Shape) -> str | None:
    if distance >= shape[0]:
        return f"would leave nothing of signals of {shape[0]} values; give less"
    return None
