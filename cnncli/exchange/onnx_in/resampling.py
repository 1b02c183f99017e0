"""Images in another size.

ONNX has many ways to say where new pixels lie, and where it rounds to the nearest. Whichever makes
of these lengths what one of ours makes of them is read as that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cnncli.exchange.onnx_in.filters import shorten
from cnncli.exchange.onnx_in.network import Call, Flow, Network, UnsupportedError, reads
from cnncli.layers.arrays import Wide
from cnncli.layers.base import Shape
from cnncli.layers.geometry import LARGEST
from cnncli.layers.interpolation import ALIGNS, METHODS, SHARPNESS, Align, Interpolation, Method
from cnncli.layers.resampling import Resampling, Resize
from cnncli.layers.upsample import Upsample
from cnncli.value import Value

ROUNDINGS: dict[str, Callable[[Wide], Wide]] = {
    "round_prefer_floor": lambda places: np.ceil(places - 0.5),
    "round_prefer_ceil": lambda places: np.floor(places + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}
SINGLE = 1e-6  # what is off in single precision, as factors are given


class Axis(Value):
    """What a node makes of an axis."""

    length: int
    count: int
    extent: float  # length * scale, which count is rounded from


class Target(Value):
    """Where the positions that are wanted lie; for the nearest method, which ones they are."""

    length: int
    places: Wide  # (count,)

    def list_aligns(self, method: Method) -> list[Align]:
        """Return the aligns by which our method makes the same."""
        return [align for align in ALIGNS if self._agrees(method, align)]

    def _agrees(self, method: Method, align: Align) -> bool:
        ours = Interpolation(self.length, len(self.places), method, align)
        wanted, places = self.places, ours.locate()
        if method == "nearest":
            places = ours.find_nearest().astype(np.float64)
        if method != "cubic":  # what lies beyond the ends is the end
            wanted, places = (array.clip(0, self.length - 1) for array in (wanted, places))
        return np.allclose(wanted, places, rtol=0, atol=SINGLE * self.length)


@reads("Resize", "Upsample")
def read_resize(network: Network, call: Call) -> Flow:
    """Add an upsample or a resize; two where rows and columns are aligned differently."""
    flow = network.make_plain(call.flow())
    axes = _read_axes(network, call, (network.samples, *flow.shape))
    if any(axis.extent != axis.length for axis in axes[:2]):
        raise UnsupportedError("it changes the number of samples or channels")
    method = _read_method(network, call, axes[2:])
    way, rounding = _read_way(network, call)
    targets = []
    for axis in axes[2:]:
        places = _locate(axis, way)
        targets.append(
            Target(axis.length, ROUNDINGS[rounding](places) if method == "nearest" else places)
        )
    added = _add_layers(network, flow, targets, method)
    if added is None:
        _refuse_parts(axes)
        how = f"{way} with {rounding}" if method == "nearest" else f"{way} with {method}"
        raise UnsupportedError(f"no layer takes the pixels that {how} takes")
    return added


@reads("Gather")
def read_gather(network: Network, call: Call) -> Flow:
    """Add a resize where the rows or the columns are those nearest to others."""
    chosen = call.need(1)
    flow = network.make_plain(call.flow())
    shape = (network.samples, *flow.shape)
    axis = call.get("axis", 0) % len(shape)
    places = np.where(chosen < 0, chosen + shape[axis], chosen).astype(np.float64)
    inside = (places >= 0) & (places < shape[axis])
    if chosen.ndim == 1 and chosen.size and inside.all() and axis > 1:
        targets = [Target(length, np.arange(float(length))) for length in shape[2:]]
        targets[axis - 2] = Target(shape[axis], places)
        if added := _add_layers(network, flow, targets, "nearest"):
            return added
    raise UnsupportedError("it takes other than the rows or columns nearest to those of a size")


def _read_axes(network: Network, call: Call, before: Shape) -> list[Axis]:
    """Return what becomes of each axis, by factors or by the sizes that are asked for."""
    old = call.operation.operator == "Upsample" or network.opset < 11
    places = [axis % len(before) for axis in call.get("axes", [*range(len(before))])]
    lengths = [before[place] for place in places]
    factors: Any = call.read("scales", 1 if old else 2)
    sizes = None if factors else call.constant(3)
    if not factors and sizes is None:
        raise UnsupportedError("its scales are missing")
    values = np.array(factors if sizes is None else sizes, np.float64).reshape(-1)
    if len(values) != len(places):
        raise UnsupportedError("its scales or sizes are not those of all axes")
    changed = zip(
        places,
        lengths,
        values * lengths if sizes is None else _keep_aspect(call, values, values / lengths),
        strict=True,
    )
    axes = [Axis(length, length, length) for length in before]
    for place, length, extent in changed:
        axes[place] = _round(length, float(extent), down=sizes is None)
    return axes


def _keep_aspect(call: Call, sizes: Wide, factors: Wide) -> Wide:
    """Return the extents for sizes, by one of their factors where the node says so."""
    policy = call.get("keep_aspect_ratio_policy", "stretch")
    if policy == "stretch":
        return sizes
    if policy not in ("not_larger", "not_smaller"):
        raise UnsupportedError(f"keep_aspect_ratio_policy={policy} is not known")
    factor = factors.min() if policy == "not_larger" else factors.max()
    extents: Wide = sizes / factors * factor
    return extents


def _round(length: int, extent: float, *, down: bool) -> Axis:
    """Return an axis of so many pixels, rounded `down` or, halves up, to whole ones."""
    if not (1 if down else 0.5) <= extent <= LARGEST:
        raise UnsupportedError(f"it makes {extent:g} pixels of {length}")
    whole = round(extent)
    if abs(extent - whole) <= SINGLE * whole:
        return Axis(length, whole, whole)
    return Axis(length, int(extent if down else extent + 0.5), extent)


def _refuse_parts(axes: Sequence[Axis]) -> None:
    """Raise UnsupportedError where scales make parts of pixels, by which all pixels move."""
    for axis in axes:
        if axis.extent != axis.count:
            raise UnsupportedError(
                f"its scale makes {axis.extent:g} pixels of {axis.length}, not a whole number"
            )


def _read_method(network: Network, call: Call, axes: Sequence[Axis]) -> Method:
    mode = call.get("mode", "nearest")
    method = next((method for method in METHODS if method == mode), None)
    if method is None:
        raise UnsupportedError(f"mode={mode} is not read; {', '.join(METHODS)} are")
    if method != "nearest" and any(axis.count < axis.length for axis in axes):
        call.refuse_others(antialias=0)
    if method == "cubic":
        call.refuse_others(cubic_coeff_a=SHARPNESS, exclude_outside=0)
    if method == "nearest" and network.opset < 11 and any(a.count < a.length for a in axes):
        raise UnsupportedError("before opset 11 it is not said which pixel is the nearest")
    return method


def _read_way(network: Network, call: Call) -> tuple[str, str]:
    """Return where pixels lie, and how the nearest is found."""
    if call.operation.operator == "Upsample" or network.opset < 11:
        return "asymmetric", "floor"
    way = call.get("coordinate_transformation_mode", "half_pixel")
    rounding = call.get("nearest_mode", "round_prefer_floor")
    if rounding not in ROUNDINGS:
        raise UnsupportedError(f"nearest_mode={rounding} is not known")
    return way, rounding


def _locate(axis: Axis, way: str) -> Wide:
    """Return where output positions lie; the formulas are those in ONNX's text of Resize."""
    p = np.arange(axis.count, dtype=np.float64)
    middle = (p + 0.5) * axis.length / axis.extent
    if way == "half_pixel_symmetric":
        return axis.length / 2 * (1 - axis.count / axis.extent) + middle - 0.5
    if way == "half_pixel" or (way == "pytorch_half_pixel" and axis.count > 1):
        return middle - 0.5
    if way == "asymmetric":
        return p * axis.length / axis.extent
    if way == "tf_half_pixel_for_nn":
        return middle
    if way == "align_corners":
        _refuse_parts([axis])
    if way in ("align_corners", "pytorch_half_pixel"):
        return p * (axis.length - 1) / max(1, axis.count - 1)
    raise UnsupportedError(f"{way} is not read")


def _add_layers(
    network: Network, flow: Flow, targets: Sequence[Target], method: Method
) -> Flow | None:
    """Add a layer that makes all axes, or one for each; return None where no layer does."""
    aligns = [target.list_aligns(method) for target in targets]
    if not all(aligns):
        return None
    shared = [align for align in ALIGNS if all(align in fitting for fitting in aligns)]
    if shared:
        return _add_layer(network, flow, [len(target.places) for target in targets], method, shared)
    for axis, (target, fitting) in enumerate(zip(targets, aligns, strict=True)):
        size = [*flow.shape[1:]]
        size[axis] = len(target.places)
        flow = _add_layer(network, flow, size, method, fitting)
    return flow


def _add_layer(
    network: Network, flow: Flow, size: Sequence[int], method: Method, aligns: Sequence[Align]
) -> Flow:
    """Add the layer for a size; none where that is the one there is."""
    before = flow.shape[1:]
    if tuple(size) == before:
        return flow
    layer: Resampling = Resize(shorten(size), method, aligns[0])
    if all(count % length == 0 for count, length in zip(size, before, strict=True)):
        factors = [count // length for count, length in zip(size, before, strict=True)]
        layer = Upsample(shorten(factors), method, aligns[0])
    return network.add(layer, flow)
