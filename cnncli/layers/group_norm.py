"""Normalization of each sample by itself: of groups of channels, of single ones, of pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise as kernels
from cnncli.layers.arrays import flat
from cnncli.layers.base import (
    Example,
    Layer,
    Memory,
    Parameter,
    Passes,
    Reach,
    Setup,
    Shape,
    Site,
    declare_vector,
    volume,
)
from cnncli.layers.fusing import Fusing
from cnncli.layers.geometry import check_image
from cnncli.settings import COUNT, POSITIVE, setting


class SampleNorm(Layer):
    """What these layers share: y = weight * (x - mean) / sqrt(var + eps) + bias.

    Mean and variance (the biased one) are those of a set of values of the sample itself, the same
    in a training and in a prediction; weight and bias have a number per channel.
    """

    if TYPE_CHECKING:  # a setting of every subclass, in the order it gives them

        @property
        def eps(self) -> float: ...

    family = "norm"
    backward_reads = frozenset({"x"})

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        channels = inputs[0][-1]
        return {
            "weight": declare_vector(channels, "ones"),
            "bias": declare_vector(channels, "zeros"),
        }

    def divide(self, x: Shape) -> tuple[int, int, int]:
        """Return the images of an input, their pixels, and the groups of channels in each."""
        raise NotImplementedError

    def reach(self, *inputs: Shape) -> Reach:
        _, pixels, _ = self.divide(inputs[0])
        return Reach(everything=pixels > 1)

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        images, _, groups = self.divide(inputs[0])
        sums = kernels.row_sums_scratch_size(inputs[0][-1])
        return Memory(
            saved=2 * setup.batch * images * groups, scratch=sums if setup.training else 0
        )

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(dx_over_dy=True)

    def build(self, site: Site) -> Passes:
        channels = site.y.shape[-1]
        images, pixels, groups = self.divide(site.y.shape[1:])
        sizes = pixels, channels, groups
        x, y, saved, threads = flat(site.x[0]), flat(site.y), site.saved, site.threads
        weight, bias = site.weights["weight"], site.weights["bias"]

        def forward(n: int) -> None:
            kernels.group_norm_forward(
                n * images, *sizes, self.eps, x, weight, bias, y, saved, threads
            )

        gradients = site.gradients
        if gradients is None:
            return Passes(forward)
        dy, dx, scratch = flat(gradients.dy), flat(gradients.dx[0]), site.scratch

        def backward(n: int) -> None:
            if gradients.weights:
                dweight, dbias = gradients.weights["weight"], gradients.weights["bias"]
                kernels.group_norm_weight_gradient(
                    n * images, *sizes, x, saved, dy, dweight, dbias, scratch, threads
                )
            if dx.size:
                kernels.group_norm_backward(n * images, *sizes, x, weight, saved, dy, dx, threads)

        return Passes(forward, backward)


class GroupNorm(SampleNorm, kind="group_norm"):
    """Group normalization: of each sample, groups of channels to mean 0 and variance 1.

    Wu & He 2018, arXiv:1803.08494. With one group it is the layer normalization of whole images.
    """

    groups: int = setting(COUNT)
    eps: float = setting(POSITIVE, 1e-5)

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("group_norm(2)", (5, 4, 6)),
            ("group_norm(1, eps=0.001)", (3, 3, 70)),
            ("group_norm(35)", (2, 3, 70)),
            ("group_norm(2)", (7, 140)),
            ("group_norm(3)", (12,)),
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        channels = inputs[0][-1]
        if channels % self.groups:
            raise ArchitectureError(
                f"{channels} channels do not divide into {self.groups} groups; use a divisor of "
                f"{channels}"
            )
        return inputs[0]

    def divide(self, x: Shape) -> tuple[int, int, int]:
        return 1, volume(x[:-1]), self.groups


class InstanceNorm(SampleNorm, kind="instance_norm"):
    """Instance normalization: each channel of each sample to mean 0 and variance 1.

    Ulyanov et al. 2016, arXiv:1607.08022. It is a group_norm of groups of one channel.
    """

    eps: float = setting(POSITIVE, 1e-5)

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("instance_norm", (5, 4, 3)),
            ("instance_norm(0.001)", (4, 3, 70)),
            ("instance_norm", (7, 2)),
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        check_image(inputs[0])
        return inputs[0]

    def divide(self, x: Shape) -> tuple[int, int, int]:
        return 1, volume(x[:-1]), x[-1]


class LayerNorm(SampleNorm, kind="layer_norm"):
    """Layer normalization: the channels of each pixel to mean 0 and variance 1.

    Ba et al. 2016, arXiv:1607.06450; along the channels as in ConvNeXt (Liu et al. 2022,
    arXiv:2201.03545) and in Keras.
    """

    eps: float = setting(POSITIVE, 1e-5)

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("layer_norm", (5, 4, 6)),
            ("layer_norm(0.001)", (3, 2, 130)),
            ("layer_norm", (7, 20)),
            ("layer_norm", (40,)),
        )

    def divide(self, x: Shape) -> tuple[int, int, int]:
        return volume(x[:-1]), 1, 1
