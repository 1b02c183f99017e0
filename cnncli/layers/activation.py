"""Activations: the same function of every value."""

from __future__ import annotations

from typing import Any, ClassVar

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise as kernels
from cnncli.layers.arrays import flat
from cnncli.layers.base import Example, Layer, Passes, Setup, Shape, Site
from cnncli.layers.fusing import Fusing, Part
from cnncli.settings import REAL, setting

SHAPES = ((5, 3, 7), (40,), (9, 2))  # an image, a vector, a signal


class Activation(Layer):
    """What the activations share: an output like the input, and a pair of kernels."""

    functions: ClassVar[tuple[Any, Any]]  # kernels: forward and backward
    part: ClassVar[Part | None] = None  # of an epilogue, where it can be one
    family = "activation"

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return tuple((cls.kind, shape) for shape in SHAPES)

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def extra(self) -> tuple[float, ...]:
        """Return the settings that the kernels take behind the size."""
        return ()

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(dx_over_dy=True, runs_as=self.part)

    def build(self, site: Site) -> Passes:
        apply, differentiate = self.functions
        x, y, size, extra = flat(site.x[0]), flat(site.y), site.y[0].size, self.extra()

        def forward(n: int) -> None:
            apply(n * size, *extra, x, y, site.threads)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            differentiate(n * size, *extra, x, y, dy, dx, site.threads)

        return Passes(forward, backward)


class Relu(Activation, kind="relu"):
    """max(x, 0).

    Its gradient is dy where y > 0. To look inside a network it can be changed
    (`Setup.relu_gradient`): "guided" lets only positive gradients pass, dy where y > 0 and dy > 0
    (Springenberg et al. 2015, arXiv:1412.6806); "deconv" does not look at y, dy where dy > 0
    (Zeiler & Fergus 2014, arXiv:1311.2901). Others run a relu in its place only where it is "true".
    """

    functions = (kernels.relu_forward, kernels.relu_backward)
    scales = True
    backward_reads = frozenset({"y"})
    prefers = "he"
    bounds = True

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        true = setup.relu_gradient == "true"
        return Fusing(dx_over_dy=True, runs_as="relu" if true else None)

    def build(self, site: Site) -> Passes:
        passes, rule = super().build(site), site.setup.relu_gradient
        if site.gradients is None or passes.backward is None or rule == "true":
            return passes
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])
        pass_where_positive, size = passes.backward, site.y[0].size

        def guided(n: int) -> None:
            pass_where_positive(n)
            kernels.relu_forward(n * size, dx, dx, site.threads)

        def deconv(n: int) -> None:
            kernels.relu_forward(n * size, dy, dx, site.threads)

        return Passes(passes.forward, {"guided": guided, "deconv": deconv}[rule])


class LeakyRelu(Activation, kind="leaky_relu"):
    """x where positive, slope*x elsewhere (Maas et al. 2013)."""

    slope: float = setting(REAL, 0.01)

    functions = (kernels.leaky_relu_forward, kernels.leaky_relu_backward)
    scales = True
    backward_reads = frozenset({"x"})
    prefers = "he"

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (*super().examples(), ("leaky_relu(0.2)", (5, 3, 7)))

    def extra(self) -> tuple[float, ...]:
        return (self.slope,)


class Relu6(Activation, kind="relu6"):
    """max(x, 0), but 6 at most (Krizhevsky 2010, deep belief networks on CIFAR-10)."""

    functions = (kernels.relu6_forward, kernels.relu6_backward)
    backward_reads = frozenset({"y"})
    prefers = "he"
    bounds = True
    part = "relu6"


class Elu(Activation, kind="elu"):
    """x where positive, exp(x) - 1 elsewhere (Clevert et al. 2016, arXiv:1511.07289)."""

    functions = (kernels.elu_forward, kernels.elu_backward)
    backward_reads = frozenset({"y"})
    prefers = "he"


class Gelu(Activation, kind="gelu"):
    """x * P(N(0, 1) <= x), the exact form (Hendrycks & Gimpel 2016, arXiv:1606.08415)."""

    functions = (kernels.gelu_forward, kernels.gelu_backward)
    backward_reads = frozenset({"x"})
    prefers = "he"


class Silu(Activation, kind="silu"):
    """x * sigmoid(x), also known as swish (Ramachandran et al. 2017, arXiv:1710.05941)."""

    functions = (kernels.silu_forward, kernels.silu_backward)
    backward_reads = frozenset({"x"})
    prefers = "he"


class Sigmoid(Activation, kind="sigmoid"):
    """1 / (1 + exp(-x))."""

    functions = (kernels.sigmoid_forward, kernels.sigmoid_backward)
    backward_reads = frozenset({"y"})
    prefers = "glorot"
    bounds = True
    width = 1.0


class Tanh(Activation, kind="tanh"):
    """Hyperbolic tangent."""

    functions = (kernels.tanh_forward, kernels.tanh_backward)
    backward_reads = frozenset({"y"})
    prefers = "glorot"
    bounds = True
    width = 2.0


class HardSigmoid(Activation, kind="hard_sigmoid"):
    """relu6(x + 3) / 6, close to sigmoid and quick (Howard et al. 2019, arXiv:1905.02244)."""

    functions = (kernels.hard_sigmoid_forward, kernels.hard_sigmoid_backward)
    backward_reads = frozenset({"y"})
    prefers = "glorot"
    bounds = True
    width = 1.0


class HardSwish(Activation, kind="hard_swish"):
    """x * hard_sigmoid(x), close to silu and quick (Howard et al. 2019, arXiv:1905.02244)."""

    functions = (kernels.hard_swish_forward, kernels.hard_swish_backward)
    backward_reads = frozenset({"x"})
    prefers = "he"
    part = "hard_swish"


class Clip(Activation, kind="clip"):
    """x, but no less than `low` and no more than `high`."""

    low: float = setting(REAL, 0.0)
    high: float = setting(REAL, 1.0)

    functions = (kernels.clip_forward, kernels.clip_backward)
    backward_reads = frozenset({"x"})
    prefers = "he"
    bounds = True

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        texts = ("clip", "clip(-0.5, 1.25)", "clip(-1)")
        return tuple((text, shape) for text, shape in zip(texts, SHAPES, strict=True))

    def output_shape(self, *inputs: Shape) -> Shape:
        if self.low >= self.high:
            raise ArchitectureError(f"low is {self.low:g} and high {self.high:g}; exchange them")
        return inputs[0]

    def extra(self) -> tuple[float, ...]:
        return (self.low, self.high)


class Softmax(Layer, kind="softmax"):
    """exp(x) over its sum along the channels; at the end of a network it may be left out."""

    family = "softmax"
    bounds = True
    width = 1.0
    backward_reads = frozenset({"y"})
    prefers = "glorot"

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return tuple((cls.kind, shape) for shape in SHAPES)

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(left_to_loss=True)

    def build(self, site: Site) -> Passes:
        channels = site.y.shape[-1]
        rows = site.y[0].size // channels
        x, y = flat(site.x[0]), flat(site.y)

        def forward(n: int) -> None:
            kernels.softmax_forward(n * rows, channels, x, y, site.threads)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])

        def backward(n: int) -> None:
            kernels.softmax_backward(n * rows, channels, y, dy, dx, site.threads)

        return Passes(forward, backward)
