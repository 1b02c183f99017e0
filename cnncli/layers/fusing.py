"""What layers can do for each other: a record, which a layer may return from `fusing`.

A layer that says nothing runs as a step of its own, from arrays of its own to arrays of its own.
Every field below lets the engine do better in some way: engine/fusion.py makes a step of several,
engine/slices.py and engine/buffers.py let arrays share their place in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from cnncli.layers.arrays import Array, Wide
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.layers.base import Layer

Activation = Literal["relu", "relu6", "hard_swish"]
Part = Activation | Literal["residual", "pool"]  # of an epilogue

ACTIVATIONS: tuple[Activation, ...] = ("relu", "relu6", "hard_swish")  # numbered by kernels from 1


class Folding(Value):
    """How a layer takes a scale and a shift per channel of its output into its weights."""

    layer: Layer  # what runs instead: the same layer, with a bias
    fold: Callable[[Mapping[str, Array], Wide, Wide], dict[str, Array]]
    # fold(weights, scale, shift) returns the weights of that layer; both as in the model file


class Fusing(Value):
    """What a layer can do besides its own work, and what others can do in its place.

    An epilogue is what a layer does to its results before it writes them: it adds a residual,
    an array like y; activates the sum; writes only the largest of every 2 x 2 pixels.
    """

    # A step of several: it is merged with the step before it if nobody else reads in between.
    epilogue: frozenset[Part] = frozenset()  # the parts it can run behind its own work
    runs_as: Part | None = None  # it does no more than this part, which the layer before may run
    scale_and_shift: Callable[[Mapping[str, Array]], tuple[Wide, Wide]] | None = None
    # in a prediction it is y = scale*x + shift per channel, and this finds both from its weights;
    # the layer before takes them into its own weights
    folding: Folding | None = None  # how it takes up such a scale and shift
    is_copy: bool = False  # in a prediction y is x, so the step is left out
    left_to_loss: bool = False  # at the end of a network it is left out: the loss does its work
    deferrable: bool = False  # in training it can stop at its statistics: y is never written, and
    # the only layer that reads it normalizes x, and runs the relu behind, while it reads
    normalizes_x: bool = False  # it can be this reader
    recomputes_relu: bool = False  # backward, it finds where its relu was positive without y

    # Gradients in place.
    dx_over_dy: bool = False  # its first dx may lie where dy does, unless it adds a residual
    adds_to_dx: bool = False  # it can add to a dx that another reader of x has begun

    # Branches side by side, in a prediction: x or y may be some of the channels of wider pixels.
    stacks: bool = False  # y is its inputs side by side; an input that lies there is not copied
    reads_slices: bool = False  # x may lie so
    writes_slices: bool = False  # y may lie so, unless it adds a residual
