"""Batch normalization."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnncli.kernels import elementwise as kernels
from cnncli.layers.base import (
    NOTHING,
    Array,
    Layer,
    Parameter,
    Pass,
    Setup,
    Shape,
    Site,
    Wide,
    flat,
    plain,
)
from cnncli.settings import POSITIVE, RATE, setting


class BatchNorm(Layer, kind="bn"):
    """Batch normalization: each channel to mean 0 and variance 1, then scaled and shifted.

    y = weight * (x - mean) / sqrt(var + eps) + bias over the batch in training, over the running
    statistics in a prediction (Ioffe & Szegedy 2015, arXiv:1502.03167). `momentum` and `eps` as in
    PyTorch: running = (1 - momentum)*running + momentum*batch, with the unbiased variance.
    """

    momentum: float = setting(RATE, 0.1)
    eps: float = setting(POSITIVE, 1e-5)

    accepts = frozenset({"relu"})
    backward_reads = frozenset({"x"})
    affine = True
    adds_residual = True
    recomputes = True
    dx_over_dy = True
    deferrable = True

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        channels = inputs[0][-1]
        return {
            "weight": plain(channels, "ones"),
            "bias": plain(channels, "zeros"),
            "running_mean": plain(channels, "zeros", learned=False),
            "running_var": plain(channels, "ones", learned=False),
        }

    def saved_size(self, batch: int, *inputs: Shape) -> int:
        return int(kernels.bn_saved_size(inputs[0][-1]))

    def scratch_size(self, setup: Setup, *inputs: Shape) -> int:
        return int(kernels.bn_scratch_size(inputs[0][-1])) if setup.training else 0

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        channels = site.y.shape[-1]
        rows = site.y[0].size // channels
        x, y = site.x[0].reshape(-1), site.y.reshape(-1)
        weight, bias = site.weights["weight"], site.weights["bias"]
        running = site.weights["running_mean"], site.weights["running_var"]
        residual = flat(site.residual)
        relu, threads = site.activation == "relu", site.threads

        def predict(n: int) -> None:
            kernels.bn_forward(
                n * rows, channels, self.eps, x, weight, bias, residual, *running, y, relu, threads
            )

        if not site.setup.training or site.dy is None:
            return predict, None
        saved, scratch = site.saved, site.scratch
        dweight, dbias = site.gradients["weight"], site.gradients["bias"]
        dx = flat(site.dx[0])
        dresidual = flat(site.dresidual)
        added = y if residual.size else NOTHING
        dy = site.dy.reshape(-1)
        normalized = NOTHING if site.deferred else y

        def forward(n: int) -> None:
            kernels.bn_forward_training(
                n * rows,
                channels,
                self.momentum,
                self.eps,
                x,
                weight,
                bias,
                residual,
                *running,
                normalized,
                saved,
                scratch,
                relu,
                threads,
            )

        def backward(n: int) -> None:
            kernels.bn_backward(
                n * rows,
                channels,
                x,
                added,
                dy,
                saved,
                dx,
                dresidual,
                dweight,
                dbias,
                scratch,
                relu,
                threads,
            )

        return forward, backward

    def as_affine(self, weights: Mapping[str, Array]) -> tuple[Wide, Wide]:
        wide = {name: array.astype(np.float64) for name, array in weights.items()}
        scale: Wide = wide["weight"] / np.sqrt(wide["running_var"] + self.eps)
        return scale, wide["bias"] - wide["running_mean"] * scale
