"""Whitening: a convolution whose filters are found in the training samples, not learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

import numpy as np

from cnncli.layers.arrays import Array
from cnncli.layers.base import Example, Memory, Parameter, Passes, Setup, Shape, Site, image_shape
from cnncli.layers.conv import Conv, Filtering
from cnncli.layers.fusing import Fusing
from cnncli.settings import POSITIVE, SIZE, Size, setting


class Whiten(Filtering, kind="whiten"):
    """Convolution with the principal components of the training samples' windows, both signs.

    Each is divided by the root of its variance + eps, so that answers are uncorrelated and of
    variance 1 (Page 2018, "How to train your ResNet", part 8; Jordan 2024, arXiv:2404.00498,
    section 3.2). The filters are found before the first step and stay; the bias learns.
    x (H, W, C) -> y (P, Q, 2 C R S).
    """

    size: Size = setting(SIZE, (2,))
    eps: float = setting(POSITIVE, 5e-4)

    stride: ClassVar[Size] = (1,)
    pad: ClassVar[Size] = (0,)
    dilation: ClassVar[Size] = (1,)
    fill: ClassVar[str] = "zero"
    fits = True

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("whiten", (5, 6, 3)),
            ("whiten(3, 0.01)", (7, 7, 2)),
            ("whiten(1x2)", (4, 5, 3)),
            ("whiten(8)", (30, 1)),
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        return self._convolve(inputs[0]).output_shape(*inputs)

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        parameters = self._convolve(inputs[0]).parameters(*inputs)
        weight = replace(parameters["weight"], learned=False, decays=False)
        return {**parameters, "weight": weight}

    def macs(self, *inputs: Shape) -> int:
        return self._convolve(inputs[0]).macs(*inputs)

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        return self._convolve(inputs[0]).memory(setup, *inputs)

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return self._convolve(inputs[0]).fusing(setup, *inputs)

    def build(self, site: Site) -> Passes:
        return self._convolve(site.x[0].shape[1:]).build(site)

    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        """Return the filters (2 C R S, C, R, S) that whiten the windows of these samples."""
        covariance = np.zeros(())
        count = 0
        for samples in batches:
            shape = samples.shape[1:]
            rows, columns = self.windows(shape).size
            images = samples.reshape(-1, *image_shape(shape))
            windows = np.lib.stride_tricks.sliding_window_view(images, (rows, columns), (1, 2))
            patches = windows.reshape(-1, shape[-1] * rows * columns).astype(np.float64)
            # Not by @, whose sums may depend on the number of threads.
            covariance = covariance + np.einsum("ni,nj->ij", patches, patches, optimize=False)
            count += len(patches)
        variances, directions = np.linalg.eigh(covariance / count)
        filters = (directions / np.sqrt(variances + self.eps)).T[::-1]
        filters = filters.reshape(-1, shape[-1], rows, columns)
        return {"weight": np.concatenate([filters, -filters]).astype(np.float32)}

    def _convolve(self, x: Shape) -> Conv:
        """Return the convolution that this is on such an input."""
        return Conv(2 * x[-1] * self.windows(x).area, self.size)
