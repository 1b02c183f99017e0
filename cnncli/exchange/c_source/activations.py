"""Activations, which are done to the values of a pixel in their place."""

from __future__ import annotations

from collections.abc import Callable

from cnncli.exchange.c_source.source import CSource, Place, write_number
from cnncli.layers.activation import Clip, LeakyRelu
from cnncli.registry import Registry

Choice = Callable[[CSource, Place], str]

ACTIVATIONS: Registry[Choice] = Registry("layer")


def choose_activation(source: CSource, place: Place) -> str:
    """Return the function that does an activation, defined or taken into the file."""
    return ACTIVATIONS[place.layer.kind](source, place)


def activates(*kinds: str) -> Callable[[Choice], Choice]:
    """Register what returns the function that does these kinds of activations to a pixel."""

    def register(choice: Choice) -> Choice:
        for kind in kinds:
            ACTIVATIONS.add(kind, choice)
        return choice

    return register


@activates(
    "relu", "relu6", "elu", "gelu", "silu", "sigmoid", "hard_sigmoid", "hard_swish", "softmax"
)
def choose_plain(source: CSource, place: Place) -> str:
    """Take the function of this name."""
    return source.use(place.layer.kind)


@activates("tanh")
def choose_tanh(source: CSource, place: Place) -> str:
    """Take the function by another name, for libm has one of this name."""
    return source.use("hyperbolic_tangent")


@activates("leaky_relu")
def choose_leaky_relu(source: CSource, place: Place) -> str:
    """Define a leaky relu of this slope."""
    assert isinstance(place.layer, LeakyRelu)
    return define(source, place, write_number(place.layer.slope))


@activates("clip")
def choose_clip(source: CSource, place: Place) -> str:
    """Define a clip to these bounds."""
    assert isinstance(place.layer, Clip)
    return define(source, place, write_number(place.layer.low), write_number(place.layer.high))


@activates("prelu")
def choose_prelu(source: CSource, place: Place) -> str:
    """Define a prelu of these slopes."""
    slopes = source.add_array(f"{place.name}_slopes", place.weights["weight"])
    return define(source, place, slopes)


def define(source: CSource, place: Place, *settings: str) -> str:
    """Define the function of this kind with settings, under the name of the layer."""
    function = source.use(place.layer.kind)
    call = f"{function}({', '.join(('values', 'count', *settings))});"
    source.add_definition(f"static void {place.name}(float *values, int count)\n{{\n    {call}\n}}")
    return place.name
