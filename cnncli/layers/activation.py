"""Activations: one function for every value."""

from __future__ import annotations

from typing import Any, ClassVar

from cnncli.kernels import elementwise as kernels
from cnncli.layers.base import Layer, Pass, Shape, Site
from cnncli.settings import REAL, setting


class Activation(Layer):
    """What the activations share: an output like the input, and a pair of kernels."""

    passes: ClassVar[tuple[Any, Any]]
    dx_over_dy = True

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def extra(self) -> tuple[float, ...]:
        """Return the settings that the kernels take behind the size."""
        return ()

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        apply, differentiate = self.passes
        x, y, each, extra = site.x[0].reshape(-1), site.y.reshape(-1), site.y[0].size, self.extra()

        def forward(n: int) -> None:
            apply(n * each, *extra, x, y, site.threads)

        if site.dy is None or site.dx[0] is None:
            return forward, None
        dy, dx = site.dy.reshape(-1), site.dx[0].reshape(-1)

        def backward(n: int) -> None:
            differentiate(n * each, *extra, x, y, dy, dx, site.threads)

        return forward, backward


class Relu(Activation, kind="relu"):
    """max(x, 0)."""

    passes = (kernels.relu_forward, kernels.relu_backward)
    backward_reads = frozenset({"y"})
    fuses_as = "relu"
    prefers = "he"


class LeakyRelu(Activation, kind="leaky_relu"):
    """x where positive, slope*x elsewhere (Maas et al. 2013)."""

    slope: float = setting(REAL, 0.01)

    passes = (kernels.leaky_relu_forward, kernels.leaky_relu_backward)
    backward_reads = frozenset({"x"})
    prefers = "he"

    def extra(self) -> tuple[float, ...]:
        return (self.slope,)


class Relu6(Activation, kind="relu6"):
    """max(x, 0), but 6 at most (Krizhevsky 2010, deep belief networks on CIFAR-10)."""

    passes = (kernels.relu6_forward, kernels.relu6_backward)
    backward_reads = frozenset({"y"})
    prefers = "he"


class Elu(Activation, kind="elu"):
    """x where positive, exp(x) - 1 elsewhere (Clevert et al. 2016, arXiv:1511.07289)."""

    passes = (kernels.elu_forward, kernels.elu_backward)
    backward_reads = frozenset({"y"})
    prefers = "he"


class Gelu(Activation, kind="gelu"):
    """x * P(N(0, 1) <= x), the exact form (Hendrycks & Gimpel 2016, arXiv:1606.08415)."""

    passes = (kernels.gelu_forward, kernels.gelu_backward)
    backward_reads = frozenset({"x"})
    prefers = "he"


class Silu(Activation, kind="silu"):
    """x * sigmoid(x), also known as swish (Ramachandran et al. 2017, arXiv:1710.05941)."""

    passes = (kernels.silu_forward, kernels.silu_backward)
    backward_reads = frozenset({"x"})
    prefers = "he"


class Sigmoid(Activation, kind="sigmoid"):
    """1 / (1 + exp(-x))."""

    passes = (kernels.sigmoid_forward, kernels.sigmoid_backward)
    backward_reads = frozenset({"y"})
    prefers = "glorot"


class Tanh(Activation, kind="tanh"):
    """Hyperbolic tangent."""

    passes = (kernels.tanh_forward, kernels.tanh_backward)
    backward_reads = frozenset({"y"})
    prefers = "glorot"


class Softmax(Layer, kind="softmax"):
    """exp(x) over its sum along the channels; at the end of a network it may be left out."""

    backward_reads = frozenset({"y"})
    prefers = "glorot"

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        channels = site.y.shape[-1]
        rows = site.y[0].size // channels
        x, y = site.x[0].reshape(-1), site.y.reshape(-1)

        def forward(n: int) -> None:
            kernels.softmax_forward(n * rows, channels, x, y, site.threads)

        if site.dy is None or site.dx[0] is None:
            return forward, None
        dy, dx = site.dy.reshape(-1), site.dx[0].reshape(-1)

        def backward(n: int) -> None:
            kernels.softmax_backward(n * rows, channels, y, dy, dx, site.threads)

        return forward, backward
