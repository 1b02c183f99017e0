"""What of a layer's maps an input is made to excite: a filter, an output, or all of the layer.

Legend: N inputs, P Q K the layer's output. Each input has a channel of its own that it is made for.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.layers.base import Shape
from cnncli.tasks.metrics import probabilities
from cnncli.value import Value

Array = NDArray[np.floating[Any]]
Channels = NDArray[np.int64]  # (N,)
Slope = tuple[tuple[Any, ...], Array | float]  # where in maps (N, P, Q, K), and the gradient there


class Objective(Value):
    """A filter: its sum in the middle of its map, ahead of the activation."""

    output_shape: Shape  # (P, Q, K)

    several: ClassVar[bool] = False  # whether a climb depends much on where it starts

    def locate(self, n: int) -> tuple[Any, ...]:
        """Return where in maps (n, P, Q, K) the middle is."""
        height, width, _ = self.output_shape
        return np.arange(n), height // 2, width // 2

    def measure(self, maps: Array, channels: Channels) -> Array:
        """Return how much each input excites its channel (N,)."""
        values: Array = maps[(*self.locate(len(maps)), channels)]
        return values

    def rate(self, middles: Array, channels: Channels) -> Array:
        """Return how sure each input is to be taken for what it was made for (N,), at most 1.

        `middles` (N, K) are the maps' values in the middle.
        """
        return np.ones(len(middles))

    def differentiate(self, maps: Array, channels: Channels, late: bool) -> Slope:
        """Return where the gradient is not zero, and the gradient; `late` in the climb or not."""
        return (*self.locate(len(maps)), channels), 1.0


class ClassObjective(Objective):
    """One of several classes: its logit in the middle, late in the climb its log-softmax.

    The logit alone leaves it open whether another one grows faster.
    """

    several: ClassVar = True

    def rate(self, middles: Array, channels: Channels) -> Array:
        rates: Array = probabilities(middles)[np.arange(len(middles)), channels]
        return rates

    def differentiate(self, maps: Array, channels: Channels, late: bool) -> Slope:
        if not late:
            return super().differentiate(maps, channels, late)
        middle = self.locate(len(maps))
        gradient = -probabilities(maps[middle])
        gradient[np.arange(len(maps)), channels] += 1
        return middle, gradient.astype(np.float32)


class LayerObjective(Objective):
    """A whole layer: the L2 norm of its maps (deep dream: Mordvintsev, Olah and Tyka 2015)."""

    def measure(self, maps: Array, channels: Channels) -> Array:
        norms: Array = np.linalg.norm(maps.reshape(len(maps), -1), axis=1)
        return norms

    def differentiate(self, maps: Array, channels: Channels, late: bool) -> Slope:
        norms = self.measure(maps, channels)[:, None, None, None]
        return (np.arange(len(maps)),), maps / np.where(norms > 0, norms, 1)
