"""What every layer is: its settings, a shape rule, parameters, a cost, and forward beside backward.

Legend: N images, C input channels, K filters, H W input, P Q output, R S window;
x input, y output, dx dy their gradients. Arrays are float32, NHWC.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from cnncli.docstrings import read_docstring
from cnncli.layers.arrays import Array as Array
from cnncli.layers.fusing import Fusing
from cnncli.randomness import draw
from cnncli.registry import Registry
from cnncli.settings import settings_of, write_call
from cnncli.value import Value

Shape = tuple[int, ...]  # of an image: (H, W, C), (L, C) for a signal, (units,) for a vector
Pass = Callable[[int], None]  # runs a direction of a layer for the first n images of its site
Axes = tuple[int, int]  # of rows and of columns
ReluGradient = Literal["true", "guided", "deconv"]  # how a gradient passes a relu: see Relu
Example = tuple[Any, ...]  # the text of a layer, and the shapes of inputs that fit it

LAYERS: Registry[type[Layer]] = Registry("layer")


class Parameter(Value):
    """One array a layer learns, or a running statistic it keeps.

    `shape` is that in the model file, which other tools expect; `size` counts the floats of the
    layout the kernels use, which `pack` makes of it and `unpack` undoes. There, the first values of
    `lanes` filters lie side by side, then their second ones and so on; lanes without a filter hold
    zeros.
    """

    shape: Shape
    size: int
    fan_in: int = 1
    fan_out: int = 1
    initial: Literal["random", "zeros", "quarters", "ones"] = "random"
    learned: bool = True
    decays: bool = False  # weight decay is for weights, not for biases and bn
    pack: Callable[[Array], Array] = lambda array: array.reshape(-1)
    unpack: Callable[[Array, Shape], Array] = lambda array, shape: array.reshape(shape)
    lanes: int = 1

    def lay_columns(self, packed: Array) -> Array:
        """Return the layout as a matrix (values of a filter, lanes of all filters)."""
        rows = volume(self.shape[1:])
        return packed.reshape(-1, rows, self.lanes).transpose(1, 0, 2).reshape(rows, -1)

    def pack_columns(self, columns: Array) -> Array:
        """Return the layout of such a matrix."""
        split = columns.reshape(len(columns), -1, self.lanes)
        return split.transpose(1, 0, 2).reshape(-1)


def declare_vector(
    length: int, initial: Literal["zeros", "quarters", "ones"], *, learned: bool = True
) -> Parameter:
    """Return a vector the kernels use as it is stored: a bias, or a figure per channel."""
    return Parameter((length,), length, initial=initial, learned=learned)


class Reach(Value):
    """What an output position sees of the input, per axis (Araujo et al. 2019, Distill)."""

    window: Axes = (1, 1)  # rows and columns from its first to its last input pixel
    stride: Axes = (1, 1)  # input pixels from an output position to the next
    finer: Axes = (1, 1)  # output positions per such step, where the layer enlarges
    before: Axes = (0, 0)  # of the window, how much at most lies above and to the left
    after: Axes = (0, 0)  # and below and to the right
    everything: bool = False  # the whole input, as global pooling and dense do
    anchored: bool = False  # at places that depend on the size of the input


@dataclass(eq=False)
class Clock:
    """Where a training is: what its noise is drawn by."""

    seed: int = 0
    epoch: int = 0
    samples: NDArray[np.int64] | None = None  # (n,) numbers of the batch's; None: 0, 1, 2, …

    def draw(self, n: int, purpose: str) -> NDArray[np.uint64]:
        """Return a random number for each of the batch's first n samples."""
        samples = np.arange(n) if self.samples is None else self.samples[:n]
        return draw(self.seed, self.epoch, samples, purpose)


class Setup(Value):
    """How a plan is to run: what layers choose their algorithms and their memory by.

    "train": statistics are those of the batch, dropout drops, all weights get gradients.
    "predict": statistics are the running ones, dropout passes everything.
    """

    batch: int  # images, at most
    threads: int = 1
    mode: Literal["train", "predict"] = "predict"
    conv_algo: str = "auto"  # or "direct"
    latency: bool = False  # single images, each as soon as possible
    # What a plan sets for its layers:
    differentiable: bool = False  # a prediction has a backward pass, too
    relu_gradient: ReluGradient = "true"

    @property
    def backward(self) -> bool:
        """Say whether there is a backward pass."""
        return self.training or self.differentiable

    @property
    def training(self) -> bool:
        """Say whether this is a training."""
        assert self.mode in ("train", "predict"), self.mode
        return self.mode == "train"


class Memory(Value):
    """The floats a layer needs besides x, y, weights and their gradients."""

    saved: int = 0  # kept from forward to backward, in training
    scratch: int = 0  # to work in; good for a single pass
    prepared: int = 0  # made of the weights before a prediction starts, kept until they change


class Epilogue(Value):
    """What has been fused behind a layer: it happens in this order, before y is written."""

    residual: Array | None = None  # (batch, *output shape), added to the layer's own results
    activation: int = 0  # 0 for none, else its number in fusing.ACTIVATIONS, from 1 on
    pool: bool = False  # only the largest of every 2 x 2 outputs is written; y has their shape
    deferred: bool = False  # the layer that reads y does the work itself; y is x, not written


class Gradients(Value):
    """What a backward pass reads and writes."""

    dy: Array  # (batch, *output shape); the pass may overwrite it
    dx: tuple[Array | None, ...]  # like x; None where nobody asks for it; written, not added to
    weights: Mapping[str, Array]  # flat, as the weights; empty where nobody asks for them
    residual: Array | None = None  # like dx; may be dy itself
    adds: bool = False  # dx holds the share of another reader of x, which is to be added to


class Site(Value):
    """A layer's place in a plan: how it is to run, and its views into the plan's memory.

    Every array is laid out for a whole batch; a pass uses the first n images of it. Pixels follow
    one another; in a prediction, those of x and y may be channels of wider ones where the layer's
    `fusing` says that it can read and write so.
    """

    setup: Setup
    x: tuple[Array, ...]  # (batch, *input shape), for every input
    y: Array  # (batch, *output shape)
    weights: Mapping[str, Array]  # flat, in the kernels' layout
    saved: Array  # of the sizes that the layer's `memory` asked for
    scratch: Array
    prepared: Array
    clock: Clock
    index: int = 0  # of the layer in its network, so that two dropouts differ
    normal: Array | None = None  # what a deferred bn saved: normalize x, then relu, as it is read
    epilogue: Epilogue = Epilogue()
    gradients: Gradients | None = None  # None: no backward pass is wanted

    @property
    def threads(self) -> int:
        """The threads its kernels may use."""
        return self.setup.threads


class Passes(Value):
    """What a layer runs: forward; backward, if that is wanted; what prepares its weights."""

    forward: Pass
    backward: Pass | None = None
    prepare: Callable[[], None] | None = None


class Layer(Value):
    """One kind of layer: a frozen dataclass whose fields are its settings.

    A new kind declares its settings and defines `output_shape` and `build`; `parameters` and
    `macs` where it learns or multiplies; `reach` where an output sees more than its own place.

    >>> class Conv(Layer, kind="conv"): ...
    """

    kind: ClassVar[str]  # its name in an architecture text
    summary: ClassVar[str]  # the first line of its docstring
    inputs: ClassVar[int | None] = 1  # None: a junction, which takes two or more

    family: ClassVar[str] = "other"  # what it is drawn and grouped as: "conv", "pool", ...
    bounds: ClassVar[bool] = False  # y stays within bounds: no layer to end in for free numbers
    scales: ClassVar[bool] = False  # f(c x) = c f(x) for c > 0: what doubles x doubles y
    width: ClassVar[float] = math.inf  # of the range that y lies in, where that is narrow
    prefers: ClassVar[str | None] = None  # initialization of the weights before this activation
    backward_reads: ClassVar[frozenset[str]] = frozenset({"x", "y"})  # what else may be gone then
    draws: ClassVar[bool] = False  # what it does in a training is drawn by lot
    grain: ClassVar[int] = 1  # rows and columns of y that are rounded together, as tiles
    fits: ClassVar[bool] = False  # a training begins with `fit`

    def __init_subclass__(cls, kind: str | None = None) -> None:
        """Register the layer under the name it has in an architecture text."""
        super().__init_subclass__()
        if kind is not None:
            cls.kind = kind
            cls.summary = read_docstring(cls).strip().split("\n")[0]
            LAYERS.add(kind, cls)

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """Return texts of layers of this kind, each with shapes of inputs that fit it.

        Whatever must hold for every layer is tested on them.
        """
        raise NotImplementedError

    @classmethod
    def settings(cls) -> tuple[Field[Any], ...]:
        """Return the settings in the order in which they can be given by position."""
        return tuple(settings_of(cls).values())

    def __str__(self) -> str:
        """Write the layer as an architecture text, leaving out what has its default."""
        return write_call(self.kind, self)

    def output_shape(self, *inputs: Shape) -> Shape:
        """Return the shape of an output image; raise ArchitectureError where it does not fit."""
        raise NotImplementedError

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        """Return what it learns and the statistics it keeps, by name."""
        return {}

    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        """Return the parameters, by name, that are found in its inputs before the first step.

        Each batch is (n, *input shape); parameters are in the shapes of the model file.
        """
        raise NotImplementedError

    def macs(self, *inputs: Shape) -> int:
        """Return the multiply-accumulates for an image (convolutions and dense layers only)."""
        return 0

    def reach(self, *inputs: Shape) -> Reach:
        """Return what an output position sees of the input."""
        return Reach()

    def find_sources(
        self, positions: NDArray[np.int64], axis: int, *inputs: Shape
    ) -> NDArray[np.int64]:
        """Return which rows (axis 0) or columns (axis 1) of its input positions of y are made of.

        positions (n,) -> (n, sources), in the order of the window; -1 for what is not read from
        the input, as a zero of the padding. The reach says as much without the borders.
        """
        if self.reach(*inputs).everything:
            length = image_shape(inputs[0])[axis]
            return np.broadcast_to(np.arange(length), (len(positions), length))
        return positions[:, None]

    def lost(self, *inputs: Shape) -> Axes:
        """Return the input rows and columns that no window reaches."""
        return (0, 0)

    def build(self, site: Site) -> Passes:
        """Return the passes over the arrays of a site; no backward pass without gradients."""
        raise NotImplementedError

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        """Return the floats it needs besides its inputs, its output and its weights."""
        return Memory()

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        """Return what it can do together with the layers around it."""
        return Fusing()


def volume(shape: Shape) -> int:
    """Return the number of values in an image of this shape."""
    return math.prod(shape)


def image_shape(shape: Shape) -> tuple[int, int, int]:
    """Return H, W, C of a shape as the kernels see it: a signal is a row, a vector a pixel."""
    height, width, channels = (1,) * (3 - len(shape)) + shape
    return height, width, channels
