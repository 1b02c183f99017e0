"""What every layer is: its settings, a shape rule, parameters, a cost, and forward beside backward.

Legend: N images, C input channels, K filters, H W input, P Q output, R S window;
x input, y output, dx dy their gradients. Arrays are float32, NHWC.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from cnncli.randomness import draw
from cnncli.registry import Registry
from cnncli.settings import settings_of, write_call
from cnncli.value import Value

Array = NDArray[np.float32]
Wide = NDArray[np.float64]
Shape = tuple[int, ...]  # of one image: (H, W, C), (L, C) for a signal, (units,) for a vector
Pass = Callable[[int], None]  # runs one direction of one layer for the first n images of its site
Axes = tuple[int, int]  # one number for the rows, one for the columns

LAYERS: Registry[type[Layer]] = Registry("layer")
NOTHING: Array = np.empty(0, np.float32)


class Parameter(Value):
    """One array a layer learns, or a running statistic it keeps.

    `shape` is the one in the model file, which other tools expect; `size` counts the floats of the
    layout the kernels use, which `pack` makes of it and `unpack` undoes.
    """

    shape: Shape
    size: int
    fan_in: int = 1
    fan_out: int = 1
    initial: Literal["random", "zeros", "ones"] = "random"
    learned: bool = True
    decays: bool = False  # weight decay is for weights, not for biases and bn
    pack: Callable[[Array], Array] = lambda array: array.reshape(-1)
    unpack: Callable[[Array, Shape], Array] = lambda array, shape: array.reshape(shape)


def plain(length: int, initial: Literal["zeros", "ones"], *, learned: bool = True) -> Parameter:
    """Return a vector the kernels use as it is stored: a bias, or a figure per channel."""
    return Parameter((length,), length, initial=initial, learned=learned)


class Reach(Value):
    """What one output position sees of the input, per axis (Araujo et al. 2019, Distill)."""

    window: Axes = (1, 1)  # rows and columns from its first to its last input pixel
    stride: Axes = (1, 1)  # input pixels from one output position to the next
    finer: Axes = (1, 1)  # output positions per such step, where the layer enlarges
    before: Axes = (0, 0)  # of the window, how much at most lies above and to the left
    after: Axes = (0, 0)  # and below and to the right
    everything: bool = False  # the whole input, as global pooling and dense do


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
    """How a plan is to run: what layers choose their algorithms and their memory by."""

    batch: int  # images, at most
    threads: int = 1
    training: bool = False
    conv_algo: str = "auto"  # or "direct"
    latency: bool = False  # single images, each as soon as possible


@dataclass(eq=False, repr=False)
class Site:
    """A layer's place in a plan: how it is to run, and its views into the plan's memory.

    Every array is laid out for a whole batch; a pass uses the first n images of it. Pixels follow
    one another; in a prediction, those of x and y may be channels of wider ones where a layer says
    that it can read and write so.
    """

    setup: Setup
    x: tuple[Array, ...]  # (batch, *input shape), one per input
    y: Array  # (batch, *output shape)
    residual: Array | None = None  # like y, and added to it before the activation
    dx: tuple[Array | None, ...] = ()  # None where nobody asks for it; written, not added to
    dresidual: Array | None = None  # like dx; may be dy itself
    deferred: bool = False  # its reader does the work; y is x
    normal: Array = field(
        default_factory=lambda: NOTHING
    )  # what a deferred bn saved: x is to be normalized, then relu, as it is read
    adds: bool = False  # dx holds the share of another reader, which is to be added to
    dy: Array | None = None  # may be overwritten by the backward pass
    weights: Mapping[str, Array] = field(default_factory=dict)  # flat, in the kernels' layout
    gradients: Mapping[str, Array] = field(default_factory=dict)  # alike; written, not added to
    prepared: Array = field(
        default_factory=lambda: NOTHING
    )  # (prepared_size,) kept until the weights change
    prepare: Callable[[], None] | None = None  # set by a layer that has something prepared
    saved: Array = field(
        default_factory=lambda: NOTHING
    )  # (saved_size,) kept from forward to backward
    scratch: Array = field(
        default_factory=lambda: NOTHING
    )  # (scratch_size,) good for one pass only
    activation: str | None = None  # fused behind the layer
    pools: bool = False  # and behind that, the largest of every 2 x 2 outputs; y is what it answers
    clock: Clock = field(default_factory=Clock)
    index: int = 0  # of the layer in its network, so that two dropouts differ

    @property
    def threads(self) -> int:
        """The threads its kernels may use."""
        return self.setup.threads


class Layer(Value):
    """One kind of layer. The fields of a subclass are its settings.

    >>> class Conv(Layer, kind="conv"): ...
    """

    kind: ClassVar[str]
    summary: ClassVar[str]
    inputs: ClassVar[int | None] = 1  # None: a junction, which takes two or more
    accepts: ClassVar[frozenset[str]] = frozenset()  # activations it can run in its own epilogue
    adds_residual: ClassVar[bool] = False  # whether it can add a residual there, before those
    recomputes: ClassVar[bool] = False  # its backward needs no y for a relu, without a residual
    sums: ClassVar[bool] = False  # y is the sum of its inputs
    dx_over_dy: ClassVar[bool] = False  # its first dx may be dy itself, without a residual
    adds_to_dx: ClassVar[bool] = False  # whether it can add its share to that of another reader
    stacks: ClassVar[bool] = False  # y is its inputs side by side; those that lie there stay there
    reads_within: ClassVar[bool] = False  # in a prediction, x may be channels of wider pixels
    deferrable: ClassVar[bool] = False  # its readers can normalize what they read themselves
    fuses_as: ClassVar[str | None] = None  # the name under which others can run this activation
    backward_reads: ClassVar[frozenset[str]] = frozenset({"x", "y"})
    training_only: ClassVar[bool] = False  # nothing but a copy in a prediction
    affine: ClassVar[bool] = False  # y = scale * x + shift per channel in a prediction
    prefers: ClassVar[str | None] = None  # initialization of the weights before this activation

    def __init_subclass__(cls, kind: str | None = None) -> None:
        """Register the layer under the name it has in an architecture text."""
        super().__init_subclass__()
        if kind is not None:
            cls.kind = kind
            cls.summary = (cls.__doc__ or "").strip().split("\n")[0]
            LAYERS.add(kind, cls)

    @classmethod
    def settings(cls) -> tuple[Field[Any], ...]:
        """Return the settings in the order in which they can be given by position."""
        return tuple(settings_of(cls).values())

    def __str__(self) -> str:
        """Write the layer as an architecture text, leaving out what has its default."""
        return write_call(self.kind, self)

    def output_shape(self, *inputs: Shape) -> Shape:
        """Return the shape of one output image; raise ArchitectureError where it does not fit."""
        raise NotImplementedError

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        """Return what it learns and the statistics it keeps, by name."""
        return {}

    def macs(self, *inputs: Shape) -> int:
        """Return the multiply-accumulates for one image (convolutions and dense layers only)."""
        return 0

    def reach(self, *inputs: Shape) -> Reach:
        """Return what one output position sees of the input."""
        return Reach()

    def lost(self, *inputs: Shape) -> Axes:
        """Return the input rows and columns that no window reaches."""
        return (0, 0)

    def saved_size(self, batch: int, *inputs: Shape) -> int:
        """Return the floats to keep from forward to backward."""
        return 0

    def prepared_size(self, setup: Setup, *inputs: Shape) -> int:
        """Return the floats of what a prediction makes of the weights once, before it starts."""
        return 0

    def scratch_size(self, setup: Setup, *inputs: Shape) -> int:
        """Return the floats one pass needs to work in."""
        return 0

    def normalizes(self, setup: Setup, *inputs: Shape) -> bool:
        """Say whether it can do the work of a deferred bn on its input as it reads it."""
        return False

    def pools(self, setup: Setup, *inputs: Shape) -> bool:
        """Say whether it can write the largest of every 2 x 2 outputs alone, in a prediction."""
        return False

    def halves(self, *inputs: Shape) -> bool:
        """Say whether it does nothing but take the largest of every 2 x 2 pixels."""
        return False

    def writes_within(self, setup: Setup, *inputs: Shape) -> bool:
        """Say whether y may be channels of wider pixels, in a prediction without a residual."""
        return False

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        """Return forward and backward over the arrays of a site; no backward in a prediction."""
        raise NotImplementedError

    def as_affine(self, weights: Mapping[str, Array]) -> tuple[Wide, Wide]:
        """Return scale and shift per channel of an affine layer."""
        raise NotImplementedError

    def absorbing(self) -> Layer | None:
        """Return the layer whose weights can take up a scale and a shift per channel of y."""
        return None

    def absorb(self, weights: Mapping[str, Array], scale: Wide, shift: Wide) -> dict[str, Array]:
        """Return the weights of the absorbing layer, file-shaped, that answers y*scale + shift."""
        raise NotImplementedError


def flat(array: Array | None) -> Array:
    """Return an array as the kernels take it: flat, and empty where there is none.

    Pixels that are channels of wider ones stay where they are, with the others' between them.
    """
    if array is None:
        return NOTHING
    if array.flags.c_contiguous:
        return array.reshape(-1)
    pixels = math.prod(array.shape[:-1])
    return as_strided(array, ((pixels - 1) * step_of(array) + array.shape[-1],), (array.itemsize,))


def step_of(array: Array) -> int:
    """Return the floats from one pixel of an array to the next."""
    return array.strides[-2] // array.itemsize


def is_same(one: Array, other: Array) -> bool:
    """Say whether two arrays begin at the same place in memory."""
    return one.ctypes.data == other.ctypes.data


def volume(shape: Shape) -> int:
    """Return the number of values in one image of this shape."""
    return math.prod(shape)


def image_shape(shape: Shape) -> tuple[int, int, int]:
    """Return H, W, C of a shape as the kernels see it: a signal is one row, a vector one pixel."""
    height, width, channels = (1,) * (3 - len(shape)) + shape
    return height, width, channels
