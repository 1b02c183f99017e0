"""Images in another size: what repeats pixels, takes some of them, or interpolates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnncli.exchange.onnx_out.graph import OnnxGraph, Place, spell_axes, writes
from cnncli.layers.interpolation import SHARPNESS, Align, Interpolation
from cnncli.layers.resampling import Resampling
from cnncli.layers.upsample import Upsample

COORDINATES: dict[Align, str] = {
    "centers": "half_pixel",
    "corners": "align_corners",
    "starts": "asymmetric",
}


@writes("upsample", "resize")
def write_resampling(graph: OnnxGraph, place: Place) -> str:
    """Add a Resize; or, where its single precision might take a neighbor of a pixel, Gathers."""
    layer = place.layer
    assert isinstance(layer, Resampling)
    if isinstance(layer, Upsample) and layer.repeats:
        factors = np.array(spell_axes(place.shape, layer.factors(place.shape)), np.float32)
        ways = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return _add_resize(graph, place.x, factors, mode="nearest", **ways)
    along = layer.interpolate(place.shape)[3 - len(place.shape) :]
    if layer.method == "nearest":
        return _add_gathers(graph, place.x, along)
    factors = np.array([_choose_factor(axis) for axis in along])
    ways = {"mode": layer.method, "coordinate_transformation_mode": COORDINATES[layer.align]}
    if layer.method == "linear":
        return _add_resize(graph, place.x, factors, **ways)
    if len(place.shape) == 3:
        return _add_resize(graph, place.x, factors, cubic_coeff_a=SHARPNESS, **ways)
    rows = graph.add_constant("rows", [2])  # cubic is for images: a signal becomes a row
    image = graph.add("Unsqueeze", place.x, rows)
    factors = np.array([1, *factors], np.float32)
    return graph.add(
        "Squeeze", _add_resize(graph, image, factors, cubic_coeff_a=SHARPNESS, **ways), rows
    )


def _add_resize(
    graph: OnnxGraph, x: str, factors: NDArray[np.float32], **attributes: str | float
) -> str:
    """Append a Resize by factors, which hold for samples of any number and images of any size."""
    scales = graph.add_constant("scales", np.array([1, 1, *factors], np.float32))
    return graph.add("Resize", x, "", scales, **attributes)


def _add_gathers(graph: OnnxGraph, x: str, along: tuple[Interpolation, ...]) -> str:
    """Append a Gather of rows and one of columns, where their number changes."""
    for axis, interpolation in enumerate(along, start=2):
        if interpolation.changes:
            nearest = graph.add_constant("nearest", interpolation.find_nearest())
            x = graph.add("Gather", x, nearest, axis=axis)
    return x


def _choose_factor(axis: Interpolation) -> np.float32:
    """Return a factor in single precision that makes the right number of positions.

    They are counted by rounding down length * factor.
    """
    factor = np.float32(axis.count / axis.length)
    enough = float(factor) * axis.length >= axis.count
    return factor if enough else np.nextafter(factor, np.float32(np.inf))
