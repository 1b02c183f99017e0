"""Batch normalization."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnncli.kernels import elementwise as kernels
from cnncli.layers.arrays import NOTHING, Array, Wide, flat
from cnncli.layers.base import (
    Example,
    Layer,
    Memory,
    Parameter,
    Passes,
    Setup,
    Shape,
    Site,
    declare_vector,
)
from cnncli.layers.epilogue import build_epilogue_backward, count_epilogue_scratch
from cnncli.layers.fusing import Fusing
from cnncli.settings import POSITIVE, RATE, setting


class BatchNorm(Layer, kind="bn"):
    """Batch normalization: each channel to mean 0 and variance 1, then scaled and shifted.

    y = weight * (x - mean) / sqrt(var + eps) + bias over the batch in training, over the running
    statistics in a prediction (Ioffe & Szegedy 2015, arXiv:1502.03167). `momentum` and `eps` as in
    PyTorch: running = (1 - momentum)*running + momentum*batch, with the unbiased variance.
    """

    momentum: float = setting(RATE, 0.1)
    eps: float = setting(POSITIVE, 1e-5)

    family = "norm"
    backward_reads = frozenset({"x"})

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("bn", (5, 4, 3)),
            ("bn(0.3, eps=0.001)", (3, 3, 20)),
            ("bn", (7, 2)),
            ("bn", (6,)),
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        channels = inputs[0][-1]
        return {
            "weight": declare_vector(channels, "ones"),
            "bias": declare_vector(channels, "zeros"),
            "running_mean": declare_vector(channels, "zeros", learned=False),
            "running_var": declare_vector(channels, "ones", learned=False),
        }

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        channels = inputs[0][-1]
        if setup.training:
            return Memory(kernels.bn_saved_size(channels), kernels.bn_scratch_size(channels))
        return Memory(scratch=count_epilogue_scratch(channels) if setup.backward else 0)

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(
            epilogue=frozenset({"residual", "relu"}),
            scale_and_shift=None if setup.training else self._find_scale_and_shift,
            deferrable=setup.training,
            recomputes_relu=setup.training,
            dx_over_dy=True,
        )

    def build(self, site: Site) -> Passes:
        return self._build_training(site) if site.setup.training else self._build_prediction(site)

    def _build_prediction(self, site: Site) -> Passes:
        """Return the passes over the running statistics, by which dx = scale*dy."""
        channels = site.y.shape[-1]
        rows = site.y[0].size // channels
        x, y = flat(site.x[0]), flat(site.y)
        weight, bias = site.weights["weight"], site.weights["bias"]
        mean, variance = site.weights["running_mean"], site.weights["running_var"]
        residual = flat(site.epilogue.residual)
        relu, threads = bool(site.epilogue.activation), site.threads

        def forward(n: int) -> None:
            kernels.bn_forward(
                n * rows, channels, self.eps, x, weight, bias, residual, mean, variance, y, relu,
                threads,
            )  # fmt: skip

        gradients = site.gradients
        if gradients is None:
            return Passes(forward)
        dy, dx, zeros = flat(gradients.dy), flat(gradients.dx[0]), np.zeros(channels, np.float32)
        epilogue_backward = build_epilogue_backward(site, gradients)

        def backward(n: int) -> None:
            epilogue_backward(n)
            if dx.size:
                kernels.bn_forward(
                    n * rows, channels, self.eps, dy, weight, zeros, NOTHING, zeros, variance, dx,
                    False, threads,
                )  # fmt: skip

        return Passes(forward, backward)

    def _build_training(self, site: Site) -> Passes:
        """Return the passes over the statistics of the batch."""
        channels = site.y.shape[-1]
        rows = site.y[0].size // channels
        x, y = flat(site.x[0]), flat(site.y)
        weight, bias = site.weights["weight"], site.weights["bias"]
        mean, variance = site.weights["running_mean"], site.weights["running_var"]
        residual = flat(site.epilogue.residual)
        relu, threads = bool(site.epilogue.activation), site.threads
        saved, scratch = site.saved, site.scratch
        written = NOTHING if site.epilogue.deferred else y

        def forward(n: int) -> None:
            kernels.bn_forward_training(
                n * rows, channels, self.momentum, self.eps, x, weight, bias, residual, mean,
                variance, written, saved, scratch, relu, threads,
            )  # fmt: skip

        gradients = site.gradients
        if gradients is None:
            return Passes(forward)
        dweight, dbias = gradients.weights["weight"], gradients.weights["bias"]
        dy, dx, dresidual = flat(gradients.dy), flat(gradients.dx[0]), flat(gradients.residual)
        read = y if residual.size else NOTHING

        def backward(n: int) -> None:
            kernels.bn_backward(
                n * rows, channels, x, read, dy, saved, dx, dresidual, dweight, dbias, scratch,
                relu, threads,
            )  # fmt: skip

        return Passes(forward, backward)

    def _find_scale_and_shift(self, weights: Mapping[str, Array]) -> tuple[Wide, Wide]:
        wide = {name: array.astype(np.float64) for name, array in weights.items()}
        scale: Wide = wide["weight"] / np.sqrt(wide["running_var"] + self.eps)
        return scale, wide["bias"] - wide["running_mean"] * scale
