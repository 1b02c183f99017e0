"""Winograd's algorithm for 3x3 and 5x5 convolutions: where it pays, and forward beside backward.

F(4x4, 3x3) makes 4 x 4 outputs from 6 x 6 inputs with 36 multiplications per channel and filter,
where the definition takes 144; F(4x4, 5x5) makes as many from 8 x 8 inputs with 64 instead of 400
(Lavin & Gray 2015, arXiv:1509.09308). For 3x3 filters of stride 2, 4 x 4 outputs take 81 instead of
144, or 2 x 2 outputs 25 instead of 36 (Huang et al. 2020, arXiv:2002.00552). Tiles stick out over
borders, and transforms cost, so it does not always pay.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from cnncli.kernels import conv as direct_kernels
from cnncli.kernels import winograd as kernels
from cnncli.layers.arrays import NOTHING, flat, step_of
from cnncli.layers.base import Memory, Passes, Setup, Site
from cnncli.layers.epilogue import build_epilogue_backward, count_epilogue_scratch
from cnncli.layers.geometry import Windows


class Form(NamedTuple):
    """What a tile takes, in multiply-adds of the direct kernels: fitted to measurements."""

    outputs: int  # of a tile along an axis
    product: float  # of all points, for a channel and a filter
    transform: float  # of a channel of a tile, there, and of a filter, back
    weight: float  # of transforming a channel's weights for a filter


FORMS = {  # by the size and the stride of a filter
    (3, 1): (Form(4, 39, 290, 150),),
    (5, 1): (Form(4, 69, 650, 800),),
    (3, 2): (Form(2, 28, 150, 170), Form(4, 98, 550, 900)),
}
GRAIN = math.lcm(*(form.outputs for forms in FORMS.values() for form in forms))
FEW_TILES = 16  # to multiply by a weight that comes from memory
LARGE = 1 << 17  # channels x filters


def pays(setup: Setup, windows: Windows, channels: int, filters: int) -> bool:
    """Say whether a convolution without groups, zero-padded, is quicker by Winograd's algorithm.

    Decided by the sizes of an image alone, so that answers are the same bits whatever the batch,
    the threads and the machine. Where latency counts, single images pay for their weights, too.
    """
    return _choose_form(setup, windows, channels, filters) is not None


@lru_cache(maxsize=512)  # asked again and again while a plan is made
def _choose_form(setup: Setup, windows: Windows, channels: int, filters: int) -> Form | None:
    """Return the quickest form; None where it is quicker without."""
    (rows, columns), (down, right) = windows.size, windows.stride
    if setup.conv_algo == "direct" or rows != columns or down != right:
        return None
    if windows.dilation != (1, 1) or max(_pads(windows)) >= rows:
        return None
    costs: list[tuple[float, Form | None]] = [
        (_count_winograd_cost(form, setup, windows, channels, filters), form)
        for form in FORMS.get((rows, down), ())
    ]
    direct = _count_direct_cost(windows, channels, filters)
    return min([*costs, (direct, None)], key=lambda pair: pair[0])[1]


def _pads(windows: Windows) -> list[int]:
    after = [
        (output - 1) * stride + size - before - length
        for output, size, stride, before, length in _axes(windows)
    ]
    return [*windows.before, *after]


def _count_direct_cost(windows: Windows, channels: int, filters: int) -> float:
    """Return the multiply-adds for an image, without those of padding; short rows cost more."""
    rows, columns = (
        sum(0 <= p * stride + tap - before < length for p in range(outputs) for tap in range(size))
        for outputs, size, stride, before, length in _axes(windows)
    )
    return rows * columns * channels * filters * (1 + 2 / windows.output[1])


def _axes(windows: Windows) -> Iterable[tuple[int, int, int, int, int]]:
    """Return the outputs, size, stride, padding before and length of both axes."""
    axes = windows.output, windows.size, windows.stride, windows.before, windows.input
    return zip(*axes, strict=True)


def _count_winograd_cost(
    form: Form, setup: Setup, windows: Windows, channels: int, filters: int
) -> float:
    """Return the same of Winograd's algorithm, transforms of whole blocks of channels included."""
    weights = form.weight * channels * filters if setup.latency else 0
    blocks, filters = -(-channels // 16) * 16, -(-filters // 16) * 16
    products = form.product * max(channels, 16) * filters  # fewer take as long
    transforms = form.transform * (blocks + filters)
    return weights + _count_tiles(form, windows) * (products + transforms)


def _count_tiles(form: Form, windows: Windows) -> int:
    return math.prod(-(-length // form.outputs) for length in windows.output)


def describe(
    setup: Setup, windows: Windows, channels: int, filters: int, pools: bool = False
) -> Any:
    """Return the kernels' description of a convolution; pooled, without an odd row or column."""
    form = _choose_form(setup, windows, channels, filters)
    assert form is not None, "not asked whether it pays"
    rows, columns = (length - length % 2 if pools else length for length in windows.output)
    late = _transforms_late(setup, _count_tiles(form, windows), channels * filters)
    return kernels.Winograd(
        windows.size[0], windows.stride[0], form.outputs, *windows.input, channels, filters,
        *windows.before, rows, columns, late, setup.batch, setup.threads,
    )  # fmt: skip


def _transforms_late(setup: Setup, tiles: int, size: int) -> bool:
    """Say whether so many channels x filters are transformed only where they are used.

    Transformed, they are up to four times as large: where they are not used again, it takes longer
    to write them, or to fetch them from memory, than to transform them.
    """
    if setup.latency and tiles < FEW_TILES:
        return size >= LARGE // 2
    return (setup.training or setup.latency) and size >= LARGE


def plan_memory(setup: Setup, operator: Any, direct: Any, filters: int) -> Memory:
    """Return the floats of transformed weights that are kept, and of what the passes work in."""
    epilogue = count_epilogue_scratch(filters)
    if setup.training:
        forward = operator.weight_size + operator.forward_scratch
        backward = operator.data_weight_size + operator.data_scratch
        gradient = operator.gradient_scratch if direct is None else direct.scratch_size
        return Memory(scratch=max(forward, backward, gradient, epilogue))
    if not setup.backward:
        return Memory(scratch=operator.forward_scratch, prepared=operator.weight_size)
    return Memory(
        scratch=max(operator.forward_scratch, operator.data_scratch, epilogue),
        prepared=operator.weight_size + operator.data_weight_size,
    )


def build_passes(site: Site, operator: Any, direct: Any) -> Passes:
    """Return the passes. A training transforms weights in every pass, a prediction beforehand.

    Large ones are left to the kernels, which transform them where they use them. The gradient of
    weights is computed by the direct kernels, if these are described.
    """
    x, y, step, scratch = flat(site.x[0]), flat(site.y), step_of(site.y), site.scratch
    weight, bias = site.weights["weight"], flat(site.weights.get("bias"))
    residual, activation = flat(site.epilogue.residual), site.epilogue.activation
    pools, gradients = site.epilogue.pool, site.gradients
    late, beforehand = operator.weight_size == 0, not site.setup.training
    if late:
        transformed = turned = weight
        working = working_backward = scratch
    elif beforehand:
        transformed, turned = np.split(site.prepared, [operator.weight_size])
        working = working_backward = scratch
    else:
        transformed, working = np.split(scratch, [operator.weight_size])
        turned, working_backward = np.split(scratch, [operator.data_weight_size])
    transforms = not (late or beforehand)

    def prepare() -> None:
        kernels.winograd_weights(operator, weight, transformed)
        if gradients is not None:
            kernels.winograd_data_weights(operator, weight, turned)

    def forward(n: int) -> None:
        if transforms:
            kernels.winograd_weights(operator, weight, transformed)
        kernels.winograd_forward(
            operator, n, x, transformed, bias, residual, y, working, activation, step, pools
        )

    preparation = prepare if beforehand and not late else None
    if gradients is None:
        return Passes(forward, prepare=preparation)
    dy, dx = flat(gradients.dy), flat(gradients.dx[0])
    begun, dweight = dx if gradients.adds else NOTHING, flat(gradients.weights.get("weight"))
    epilogue_backward = build_epilogue_backward(site, gradients)
    sum_weights, summing = kernels.winograd_backward_weights, operator
    if direct is not None:
        sum_weights, summing = direct_kernels.conv_backward_weights, direct

    def backward(n: int) -> None:
        epilogue_backward(n)
        if dweight.size:
            sum_weights(summing, n, x, dy, dweight, scratch)
        if dx.size:
            if transforms:
                kernels.winograd_data_weights(operator, weight, turned)
            kernels.winograd_backward_data(operator, n, dy, turned, begun, dx, working_backward)

    return Passes(forward, backward, preparation)
