"""Images in another size: functions of PyTorch, or rows and columns that are taken by number."""

from __future__ import annotations

from cnncli.exchange.torch_module.spelling import Place, Spelling, spell_axes, spells
from cnncli.layers.base import Axes, image_shape
from cnncli.layers.resampling import Resampling
from cnncli.layers.upsample import Upsample


@spells("upsample", "resize")
def spell_resampling(place: Place) -> Spelling:
    """Spell an interpolation; the nearest pixel by number, as single precision might miss it."""
    layer = place.layer
    assert isinstance(layer, Resampling)
    if isinstance(layer, Upsample) and layer.repeats:
        factors = spell_axes(place.shape, layer.factors(place.shape))
        return Spelling(f"F.interpolate({place.x}, scale_factor={factors})")
    if layer.method == "nearest":
        return Spelling(_take_nearest(layer, place))
    if layer.align == "starts":
        return Spelling(_align_starts(place))
    corners = layer.align == "corners"
    if isinstance(layer, Upsample):  # which says nothing of the size of the image
        axes = layer.factors(place.shape)
        return Spelling(_interpolate(place, place.x, corners=corners, scale_factor=axes))
    axes = layer.output_size(place.shape)
    return Spelling(_interpolate(place, place.x, corners=corners, size=axes))


def _interpolate(place: Place, x: str, *, corners: bool, **size: Axes) -> str:
    """Return the call for linear or cubic; a cubic signal is an image of a single row."""
    assert isinstance(place.layer, Resampling)
    ((name, axes),) = size.items()
    method, ends = place.layer.method, f"align_corners={corners})"
    figures = spell_axes(place.shape, axes)
    if len(place.shape) == 3:
        return f'F.interpolate({x}, {name}={figures}, mode="bi{method}", {ends}'
    if method == "linear":
        return f'F.interpolate({x}, {name}={figures}, mode="linear", {ends}'
    return f'F.interpolate({x}.unsqueeze(2), {name}={axes}, mode="bicubic", {ends}.squeeze(2)'


def _align_starts(place: Place) -> str:
    """Return the call with corners of one more row and column, the last again: p L/P becomes that.

    What is made of them, the last row and column, is left out.
    """
    image = len(place.shape) == 3
    rows, columns, _ = image_shape(place.output_shape)
    pads = "(0, 1, 0, 1)" if image else "(0, 1)"
    padded = f'F.pad({place.x}, {pads}, mode="replicate")'
    larger = (rows + 1 if image else 1, columns + 1)
    without = "[:, :, :-1, :-1]" if image else "[:, :, :-1]"
    return _interpolate(place, padded, corners=True, size=larger) + without


def _take_nearest(layer: Resampling, place: Place) -> str:
    """Return x with the rows and columns whose numbers are listed."""
    value = place.x
    along = layer.interpolate(place.shape)[3 - len(place.shape) :]
    for before, axis in zip(("[:, :, ", "[:, :, :, "), along, strict=False):
        if axis.changes:
            value += f"{before}{axis.find_nearest().tolist()}]"
    return value
