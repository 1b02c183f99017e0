"""Layers that bring values together, apart or into another shape, and batch normalization."""

from __future__ import annotations

from itertools import accumulate

from cnncli.exchange.c_source.source import CSource, Place, count_pixels, write_number, writes
from cnncli.layers.base import Setup, image_shape, volume
from cnncli.layers.crop import Crop
from cnncli.layers.dense import Reshape
from cnncli.layers.group_norm import SampleNorm
from cnncli.layers.junction import find_spread
from cnncli.layers.lrn import Lrn
from cnncli.layers.shuffle import Shuffle
from cnncli.layers.slice_of_channels import Take
from cnncli.layers.zeropad import ZeroPad


@writes("add", "multiply")
def write_junction(source: CSource, place: Place) -> None:
    """Add the sum or the product of all branches, those that are spread over the others last."""
    kind, whole = place.layer.kind, place.output_shape
    branches = sorted(
        zip(place.inputs, place.shapes, strict=True), key=lambda branch: branch[1] != whole
    )
    before = branches[0][0]
    for x, shape in branches[1:]:
        if shape == whole:
            source.call(kind, volume(whole), before, x, place.y)
        else:
            spread = find_spread(whole, shape)
            assert spread is not None
            pixels, channels, rows, columns = spread
            steps = (columns if rows > 1 else 0, int(columns > 1))
            source.call(f"spread_{kind}", pixels, channels, *steps, before, x, place.y)
        before = place.y


@writes("stack")
def write_stack(source: CSource, place: Place) -> None:
    """Add a copy of each branch to its channels."""
    pixels, widths = count_pixels(place.output_shape), [shape[-1] for shape in place.shapes]
    for x, channels, first in zip(
        place.inputs, widths, accumulate(widths, initial=0), strict=False
    ):
        ends = (channels, channels, 0, x, sum(widths), first, place.y)
        source.call("copy_channels", pixels, *ends)


@writes("take")
def write_take(source: CSource, place: Place) -> None:
    """Add a copy of some channels."""
    assert isinstance(place.layer, Take)
    channels, first = place.layer.channels, place.layer.first
    ends = (channels, place.shape[-1], first, place.x, channels, 0, place.y)
    source.call("copy_channels", count_pixels(place.shape), *ends)


@writes("shuffle")
def write_shuffle(source: CSource, place: Place) -> None:
    """Add a change of the order of channels."""
    assert isinstance(place.layer, Shuffle)
    groups = place.layer.groups
    sizes = (count_pixels(place.shape), groups, place.shape[-1] // groups)
    source.call("shuffle", *sizes, place.x, place.y)


@writes("flatten")
def write_flatten(source: CSource, place: Place) -> None:
    """Add a change from pixels of channels to channels of pixels."""
    sizes = (count_pixels(place.shape), place.shape[-1])
    source.call("transpose", *sizes, place.x, place.y)


@writes("reshape")
def write_reshape(source: CSource, place: Place) -> None:
    """Add a change from channels of pixels to pixels of channels."""
    assert isinstance(place.layer, Reshape)
    shape = place.layer.shape
    source.call("transpose", shape[-1], count_pixels(shape), place.x, place.y)


@writes("zeropad")
def write_zeropad(source: CSource, place: Place) -> None:
    """Add a copy between zeros."""
    assert isinstance(place.layer, ZeroPad)
    before, _ = place.layer.sides(place.shape)
    height, width, _ = image_shape(place.output_shape)
    sizes = (*image_shape(place.shape), *before, height, width)
    source.call("zeropad", *sizes, place.x, place.y)


@writes("crop")
def write_crop(source: CSource, place: Place) -> None:
    """Add a copy of the rows and columns that are left."""
    assert isinstance(place.layer, Crop)
    before, _ = place.layer.sides(place.shape)
    height, width, channels = image_shape(place.output_shape)
    _, x_width, _ = image_shape(place.shape)
    source.call("crop", height, width, channels, *before, x_width, place.x, place.y)


@writes("group_norm", "instance_norm", "layer_norm")
def write_group_norm(source: CSource, place: Place) -> None:
    """Add a normalization of groups of channels; of a layer_norm, of each pixel."""
    assert isinstance(place.layer, SampleNorm)
    images, pixels, groups = place.layer.divide(place.shape)
    arrays = [
        source.add_array(f"{place.name}_{name}", place.weights[name]) for name in ("weight", "bias")
    ]
    sizes = (images, pixels, place.shape[-1], groups, write_number(place.layer.eps))
    source.call("group_norm", *sizes, *arrays, place.x, place.y)


@writes("lrn")
def write_lrn(source: CSource, place: Place) -> None:
    """Add local response normalization."""
    assert isinstance(place.layer, Lrn)
    layer = place.layer
    figures = map(write_number, (layer.alpha, layer.beta, layer.k))
    sizes = (count_pixels(place.shape), place.shape[-1], layer.size)
    source.call("lrn", *sizes, *figures, place.x, place.y)


@writes("bn")
def write_bn(source: CSource, place: Place) -> None:
    """Add a scale and a shift per channel."""
    find = place.layer.fusing(Setup(1), place.shape).scale_and_shift
    assert find is not None
    scale, shift = find(place.weights)
    source.call(
        "scale_and_shift",
        count_pixels(place.shape),
        place.shape[-1],
        source.add_array(f"{place.name}_scale", scale.astype("f4")),
        source.add_array(f"{place.name}_shift", shift.astype("f4")),
        place.x,
        place.y,
    )
