"""Layers with filters, dense layers, normalizations: what a module keeps parameters for."""

from __future__ import annotations

from cnncli.exchange.torch_module.spelling import Place, Spelling, spell_axes, spell_pads, spells
from cnncli.layers.base import Axes, volume
from cnncli.layers.conv import Filtering
from cnncli.layers.deconv import Deconv
from cnncli.layers.group_norm import GroupNorm, InstanceNorm, LayerNorm
from cnncli.layers.norm import BatchNorm

MODES = {"reflect": "reflect", "edge": "replicate"}  # of F.pad, by `fill`


@spells("conv", "depthwise", "whiten")
def spell_conv(place: Place) -> Spelling:
    """Spell a convolution; padding that nn.Conv2d does not know is added before it."""
    layer, shape = place.layer, place.shape
    assert isinstance(layer, Filtering)
    windows = layer.windows(shape)
    weight = layer.parameters(shape)["weight"].shape
    plain = windows.before == windows.after and layer.fill == "zero"
    pad: Axes = windows.before if plain else (0, 0)
    module = _spell_module(
        f"nn.Conv{place.dimensions}",
        (shape[-1], weight[0], spell_axes(shape, windows.size)),
        stride=(spell_axes(shape, windows.stride), "1"),
        padding=(spell_axes(shape, pad), "0"),
        dilation=(spell_axes(shape, windows.dilation), "1"),
        groups=(str(shape[-1] // weight[1]), "1"),
        bias=(str("bias" in layer.parameters(shape)), "True"),
    )
    if plain:
        return Spelling(place.call(), module)
    pads = spell_pads(shape, windows.before, windows.after)
    mode = f', mode="{MODES[layer.fill]}"' if layer.fill in MODES else ""
    return Spelling(place.call(f"F.pad({place.x}, {pads}{mode})"), module)


@spells("deconv")
def spell_deconv(place: Place) -> Spelling:
    """Spell a transposed convolution; where PyTorch's comes out larger, the rest is cut off."""
    layer, shape = place.layer, place.shape
    assert isinstance(layer, Deconv)
    windows = layer.windows(shape)  # those of the convolution from its output to its input
    whole = [
        (count - 1) * stride + span
        for count, stride, span in zip(windows.output, windows.stride, windows.span, strict=True)
    ]
    beyond = [
        max(0, length + pad - made)
        for length, pad, made in zip(windows.input, windows.before, whole, strict=True)
    ]
    module = _spell_module(
        f"nn.ConvTranspose{place.dimensions}",
        (shape[-1], layer.filters, spell_axes(shape, windows.size)),
        stride=(spell_axes(shape, windows.stride), "1"),
        output_padding=(spell_axes(shape, (beyond[0], beyond[1])), "0"),
        groups=(str(layer.groups), "1"),
        bias=(str(layer.bias), "True"),
        dilation=(spell_axes(shape, windows.dilation), "1"),
    )
    slices = [
        f"{pad}:{pad + length}" for pad, length in zip(windows.before, windows.input, strict=True)
    ]
    cut = ", ".join(slices if len(shape) == 3 else slices[1:])
    exact = all(
        pad == 0 and length == max(made, length)
        for pad, length, made in zip(windows.before, windows.input, whole, strict=True)
    )
    return Spelling(place.call() + ("" if exact else f"[:, :, {cut}]"), module)


@spells("dense")
def spell_dense(place: Place) -> Spelling:
    """Spell a dense layer behind a flatten, whose order (C, H, W) is that of the weights."""
    x = place.x if len(place.shape) == 1 else f"{place.x}.flatten(1)"
    module = f"nn.Linear({volume(place.shape)}, {place.output_shape[-1]})"
    return Spelling(place.call(x), module)


@spells("bn")
def spell_bn(place: Place) -> Spelling:
    """Spell batch normalization."""
    layer = place.layer
    assert isinstance(layer, BatchNorm)
    module = _spell_module(
        f"nn.BatchNorm{place.dimensions}",
        (place.shape[-1],),
        eps=(f"{layer.eps:g}", "1e-05"),
        momentum=(f"{layer.momentum:g}", "0.1"),
    )
    return Spelling(place.call(), module)


@spells("group_norm")
def spell_group_norm(place: Place) -> Spelling:
    """Spell group normalization."""
    layer = place.layer
    assert isinstance(layer, GroupNorm)
    module = _spell_module(
        "nn.GroupNorm", (layer.groups, place.shape[-1]), eps=(f"{layer.eps:g}", "1e-05")
    )
    return Spelling(place.call(), module)


@spells("instance_norm")
def spell_instance_norm(place: Place) -> Spelling:
    """Spell instance normalization, which learns a scale and a shift."""
    layer = place.layer
    assert isinstance(layer, InstanceNorm)
    module = _spell_module(
        f"nn.InstanceNorm{place.dimensions}",
        (place.shape[-1],),
        eps=(f"{layer.eps:g}", "1e-05"),
        affine=("True", "False"),
    )
    return Spelling(place.call(), module)


@spells("layer_norm")
def spell_layer_norm(place: Place) -> Spelling:
    """Spell layer normalization, which PyTorch has along the last axis."""
    layer = place.layer
    assert isinstance(layer, LayerNorm)
    module = _spell_module("nn.LayerNorm", (place.shape[-1],), eps=(f"{layer.eps:g}", "1e-05"))
    if len(place.shape) == 1:
        return Spelling(place.call(), module)
    return Spelling(f"{place.call(f'{place.x}.movedim(1, -1)')}.movedim(-1, 1)", module)


@spells("prelu")
def spell_prelu(place: Place) -> Spelling:
    """Spell a prelu with a slope per channel."""
    return Spelling(place.call(), f"nn.PReLU({place.shape[-1]})")


def _spell_module(name: str, positional: tuple[object, ...], **settings: tuple[str, str]) -> str:
    """Return a call; each setting comes with its default, with which it is left out."""
    given = [f"{key}={value}" for key, (value, default) in settings.items() if value != default]
    return f"{name}({', '.join([*map(str, positional), *given])})"
