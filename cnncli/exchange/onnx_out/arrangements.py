"""Layers that bring values together, apart or into another shape, and batch normalization."""

from __future__ import annotations

from functools import reduce

from cnncli.exchange.onnx_out.graph import OnnxGraph, Place, spell_axes, writes
from cnncli.layers.crop import Crop
from cnncli.layers.dense import Reshape
from cnncli.layers.norm import BatchNorm
from cnncli.layers.shuffle import Shuffle
from cnncli.layers.slice_of_channels import Take
from cnncli.layers.zeropad import ZeroPad

LAST = 2**63 - 1  # the end of a Slice that takes all the rest


@writes("add")
def write_add(graph: OnnxGraph, place: Place) -> str:
    """Add an Add per branch behind the first."""
    return reduce(lambda a, b: graph.add("Add", a, b), _list_maps(graph, place))


@writes("multiply")
def write_multiply(graph: OnnxGraph, place: Place) -> str:
    """Add a Mul per branch behind the first."""
    return reduce(lambda a, b: graph.add("Mul", a, b), _list_maps(graph, place))


def _list_maps(graph: OnnxGraph, place: Place) -> list[str]:
    """Return the branches of a layer; vectors that meet maps become maps of a single pixel."""
    most = max(map(len, place.shapes))
    return [
        value
        if len(shape) == most
        else graph.add(
            "Reshape", value, graph.add_constant("shape", [0, *shape, *[1] * (most - 1)])
        )
        for value, shape in zip(place.inputs, place.shapes, strict=True)
    ]


@writes("stack")
def write_stack(graph: OnnxGraph, place: Place) -> str:
    """Add a Concat of the channels."""
    return graph.add("Concat", *place.inputs, axis=1)


@writes("take")
def write_take(graph: OnnxGraph, place: Place) -> str:
    """Add a Slice of the channels."""
    assert isinstance(place.layer, Take)
    first = place.layer.first
    return graph.add(
        "Slice",
        place.x,
        graph.add_constant("first", [first]),
        graph.add_constant("end", [first + place.layer.channels]),
        graph.add_constant("axis", [1]),
    )


@writes("shuffle")
def write_shuffle(graph: OnnxGraph, place: Place) -> str:
    """Add a Transpose of the groups and the channels in each, between two Reshapes."""
    assert isinstance(place.layer, Shuffle)
    groups, channels = place.layer.groups, place.shape[-1]
    divided = graph.add_constant("divided", [0, groups, channels // groups, -1])
    swapped = graph.add("Transpose", graph.add("Reshape", place.x, divided), perm=[0, 2, 1, 3])
    return graph.add("Reshape", swapped, graph.add("Shape", place.x))


@writes("flatten")
def write_flatten(graph: OnnxGraph, place: Place) -> str:
    """Add a Flatten, whose order (C, H, W) is ours."""
    return graph.add("Flatten", place.x, axis=1)


@writes("reshape")
def write_reshape(graph: OnnxGraph, place: Place) -> str:
    """Add a Reshape to (C, H, W), or (C, L); 0 keeps the number of samples."""
    assert isinstance(place.layer, Reshape)
    *sides, channels = place.layer.shape
    return graph.add("Reshape", place.x, graph.add_constant("shape", [0, channels, *sides]))


@writes("zeropad")
def write_zeropad(graph: OnnxGraph, place: Place) -> str:
    """Add a Pad."""
    assert isinstance(place.layer, ZeroPad)
    before, after = place.layer.sides(place.shape)
    pads = [0, 0, *spell_axes(place.shape, before), 0, 0, *spell_axes(place.shape, after)]
    return graph.add("Pad", place.x, graph.add_constant("pads", pads))


@writes("crop")
def write_crop(graph: OnnxGraph, place: Place) -> str:
    """Add a Slice of the rows and columns that are left."""
    assert isinstance(place.layer, Crop)
    before, after = (spell_axes(place.shape, ends) for ends in place.layer.sides(place.shape))
    return graph.add(
        "Slice",
        place.x,
        graph.add_constant("first", before),
        graph.add_constant("end", [-count if count else LAST for count in after]),
        graph.add_constant("axes", [*range(2, len(place.shape) + 1)]),
    )


@writes("bn")
def write_bn(graph: OnnxGraph, place: Place) -> str:
    """Add a BatchNormalization over the running statistics."""
    assert isinstance(place.layer, BatchNorm)
    names = ("weight", "bias", "running_mean", "running_var")
    arrays = [graph.add_constant(name, place.weights[name]) for name in names]
    return graph.add("BatchNormalization", place.x, *arrays, epsilon=place.layer.eps)
