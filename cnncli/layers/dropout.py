"""Dropout."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cnncli.kernels import elementwise
from cnncli.layers.base import Clock, Layer, Pass, Shape, Site
from cnncli.settings import RATE, setting

WORD = (1 << 64) - 1


class Dropout(Layer, kind="dropout"):
    """Zeroes each value with probability `rate` in training and scales up the rest.

    y = x / (1 - rate) where kept; a prediction passes everything (Srivastava et al. 2014). What is
    kept is counted, not drawn: a hash of the seed, the step, the layer, the row of the batch and
    the position in it.
    """

    rate: float = setting(RATE, 0.5)

    backward_reads = frozenset()
    training_only = True
    dx_over_dy = True

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        x, y = site.x[0].reshape(-1), site.y.reshape(-1)
        rows, size = len(site.y), site.y[0].size
        clock, index, threads = site.clock, site.index, site.threads
        rate = self.rate if site.setup.training else 0.0

        def forward(n: int) -> None:
            elementwise.dropout(n, size, rate, noise_keys(clock, index, rows), x, y, threads)

        if site.dy is None or site.dx[0] is None:
            return forward, None
        dy, dx = site.dy.reshape(-1), site.dx[0].reshape(-1)

        def backward(n: int) -> None:
            elementwise.dropout(n, size, rate, noise_keys(clock, index, rows), dy, dx, threads)

        return forward, backward


def noise_keys(clock: Clock, index: int, rows: int) -> npt.NDArray[np.uint64]:
    """Return the key of each row's noise in one layer and step (odd constants of 64-bit hashes)."""
    key = clock.seed * 0x9E3779B97F4A7C15 + clock.step * 0xC2B2AE3D27D4EB4F
    key = (key + (index + 1) * 0x165667B19E3779F9) & WORD
    return np.uint64(key) + np.arange(rows, dtype=np.uint64) * np.uint64(0x27D4EB2F165667C5)
