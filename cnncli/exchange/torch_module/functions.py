"""Layers without parameters: pools, activations, and what brings values together or apart."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.exchange.torch_module.spelling import Place, Spelling, spell_axes, spell_pads, spells
from cnncli.layers.activation import Clip, LeakyRelu
from cnncli.layers.base import Axes
from cnncli.layers.crop import Crop
from cnncli.layers.dense import Reshape
from cnncli.layers.dropout import Dropout
from cnncli.layers.geometry import Windows
from cnncli.layers.lrn import Lrn
from cnncli.layers.pool import AvgPool, Pool
from cnncli.layers.shuffle import Shuffle
from cnncli.layers.slice_of_channels import Take
from cnncli.layers.zeropad import ZeroPad

ACTIVATIONS = {
    "relu": "F.relu({})",
    "relu6": "F.relu6({})",
    "elu": "F.elu({})",
    "gelu": "F.gelu({})",
    "silu": "F.silu({})",
    "sigmoid": "torch.sigmoid({})",
    "tanh": "torch.tanh({})",
    "hard_sigmoid": "F.hardsigmoid({})",
    "hard_swish": "F.hardswish({})",
    "softmax": "F.softmax({}, 1)",
}


@spells(*ACTIVATIONS)
def spell_activation(place: Place) -> Spelling:
    """Spell an activation by its function."""
    return Spelling(ACTIVATIONS[place.layer.kind].format(place.x))


@spells("leaky_relu")
def spell_leaky_relu(place: Place) -> Spelling:
    """Spell a leaky relu."""
    assert isinstance(place.layer, LeakyRelu)
    return Spelling(f"F.leaky_relu({place.x}, {place.layer.slope:g})")


@spells("clip")
def spell_clip(place: Place) -> Spelling:
    """Spell a clip to these bounds."""
    assert isinstance(place.layer, Clip)
    return Spelling(f"{place.x}.clamp({place.layer.low:g}, {place.layer.high:g})")


@spells("lrn")
def spell_lrn(place: Place) -> Spelling:
    """Spell local response normalization."""
    assert isinstance(place.layer, Lrn)
    layer = place.layer
    figures = f"{layer.size}, {layer.alpha:g}, {layer.beta:g}, {layer.k:g}"
    return Spelling(f"F.local_response_norm({place.x}, {figures})")


@spells("zeropad")
def spell_zeropad(place: Place) -> Spelling:
    """Spell zeros around an image."""
    assert isinstance(place.layer, ZeroPad)
    return Spelling(f"F.pad({place.x}, {spell_pads(place.shape, *place.layer.sides(place.shape))})")


@spells("crop")
def spell_crop(place: Place) -> Spelling:
    """Spell a slice of the rows and columns that are left."""
    assert isinstance(place.layer, Crop)
    sides = zip(*place.layer.sides(place.shape), strict=True)
    parts = [f"{first or ''}:{-last or ''}" for first, last in sides]
    return Spelling(f"{place.x}[:, :, {', '.join(parts[3 - len(place.shape) :])}]")


@spells("dropout")
def spell_dropout(place: Place) -> Spelling:
    """Spell dropout, which passes everything in a prediction."""
    assert isinstance(place.layer, Dropout)
    return Spelling(f"F.dropout({place.x}, {place.layer.rate:g}, self.training)")


@spells("maxpool")
def spell_maxpool(place: Place) -> Spelling:
    """Spell a pool of the largest values; its padding is never the largest."""
    assert isinstance(place.layer, Pool)
    windows = place.layer.windows(place.shape)
    end = windows.needed_after
    x, pad = place.x, windows.before
    if end != pad or any(2 * p > size for p, size in zip(pad, windows.size, strict=True)):
        x = f'F.pad({x}, {spell_pads(place.shape, pad, end)}, value=float("-inf"))'
        pad = (0, 0)
    return Spelling(_spell_windows(f"F.max_pool{place.dimensions}", place, windows, x, pad))


@spells("avgpool")
def spell_avgpool(place: Place) -> Spelling:
    """Spell a pool of means; zeros of the padding count or not, what `ceil` adds beyond never does.

    Where they do not, and PyTorch has no such padding, the sums are divided by those of ones.
    """
    x, pad = _pad_with_zeros(place)
    assert isinstance(place.layer, AvgPool)
    layer, windows, name = place.layer, place.layer.windows(place.shape), "F.avg_pool"
    if x != place.x and not layer.include_pad:
        pads = spell_pads(place.shape, windows.before, windows.needed_after)
        sums, counts = (
            _spell_windows(
                name + place.dimensions, place, windows, f"F.pad({values}, {pads})", (0, 0)
            )
            for values in (place.x, f"torch.ones_like({place.x})")
        )
        return Spelling(f"{sums} / {counts}")
    call = _spell_windows(name + place.dimensions, place, windows, x, pad)
    ceil = ", ceil_mode=True" if layer.ceil else ""
    count = "" if layer.include_pad else ", count_include_pad=False"
    return Spelling(f"{call[:-1]}{ceil}{count})")


@spells("l2pool")
def spell_l2pool(place: Place) -> Spelling:
    """Spell a pool of roots of sums of squares, to which zeros add nothing."""
    assert isinstance(place.layer, Pool)
    windows = place.layer.windows(place.shape)
    end = windows.needed_after
    x = place.x
    if any((*windows.before, *end)):
        x = f"F.pad({x}, {spell_pads(place.shape, windows.before, end)})"
    squares = f"F.avg_pool{place.dimensions}"
    mean = _spell_windows(squares, place, windows, f"{x} ** 2", (0, 0))
    return Spelling(f"({mean} * {windows.area}).sqrt()")


@spells("global_avgpool")
def spell_global_avgpool(place: Place) -> Spelling:
    """Spell the mean of all pixels."""
    return Spelling(f"{place.x}.mean({_spell_sides(place)}, keepdim=True)")


@spells("global_maxpool")
def spell_global_maxpool(place: Place) -> Spelling:
    """Spell the largest of all pixels."""
    return Spelling(f"{place.x}.amax({_spell_sides(place)}, keepdim=True)")


@spells("flatten")
def spell_flatten(place: Place) -> Spelling:
    """Spell a flatten, whose order (C, H, W) is ours."""
    return Spelling(f"{place.x}.flatten(1)")


@spells("reshape")
def spell_reshape(place: Place) -> Spelling:
    """Spell a reshape to (C, H, W), or (C, L)."""
    assert isinstance(place.layer, Reshape)
    *sides, channels = place.layer.shape
    return Spelling(f"{place.x}.reshape({', '.join(map(str, (-1, channels, *sides)))})")


@spells("take")
def spell_take(place: Place) -> Spelling:
    """Spell a slice of the channels."""
    assert isinstance(place.layer, Take)
    first = place.layer.first
    return Spelling(f"{place.x}[:, {first}:{first + place.layer.channels}]")


@spells("shuffle")
def spell_shuffle(place: Place) -> Spelling:
    """Spell a channel shuffle."""
    assert isinstance(place.layer, Shuffle)
    return Spelling(f"F.channel_shuffle({place.x}, {place.layer.groups})")


@spells("add")
def spell_add(place: Place) -> Spelling:
    """Spell a sum of branches."""
    return Spelling(" + ".join(_spell_branches(place)))


@spells("multiply")
def spell_multiply(place: Place) -> Spelling:
    """Spell a product of branches."""
    return Spelling(" * ".join(_spell_branches(place)))


@spells("stack")
def spell_stack(place: Place) -> Spelling:
    """Spell branches one behind the other along the channels."""
    return Spelling(f"torch.cat(({', '.join(place.inputs)}), 1)")


def _spell_branches(place: Place) -> Iterator[str]:
    """Yield branches; a vector gets the sides of an image that it is spread over."""
    for x, shape in zip(place.inputs, place.shapes, strict=True):
        missing = len(place.output_shape) - len(shape)
        yield f"{x}[:, :{', None' * missing}]" if missing else x


def _spell_sides(place: Place) -> str:
    return "(2, 3)" if len(place.shape) == 3 else "2"


def _pad_with_zeros(place: Place) -> tuple[str, Axes]:
    """Return what a pool reads, padded where its own padding cannot be that, and its own."""
    assert isinstance(place.layer, Pool)
    windows = place.layer.windows(place.shape)
    own = windows.before == windows.after and all(
        2 * pad <= size for pad, size in zip(windows.before, windows.size, strict=True)
    )
    if own:
        return place.x, windows.before
    pads = spell_pads(place.shape, windows.before, windows.after)
    return f"F.pad({place.x}, {pads})", (0, 0)


def _spell_windows(name: str, place: Place, windows: Windows, x: str, pad: Axes) -> str:
    figures = [spell_axes(place.shape, axes) for axes in (windows.size, windows.stride)]
    if any(pad):
        figures.append(spell_axes(place.shape, pad))
    return f"{name}({', '.join([x, *figures])})"
