"""Winograd's algorithm for 3x3 convolutions: where it pays, and forward beside backward.

F(4x4, 3x3) makes 4 x 4 outputs from 6 x 6 inputs with 36 multiplications per channel and filter,
where the definition takes 144 (Lavin & Gray 2015, arXiv:1509.09308). Tiles stick out over borders,
and transforms cost, so it does not always pay.
"""

from __future__ import annotations

import math
from typing import Any

from cnncli.kernels import winograd as kernels
from cnncli.layers.base import NOTHING, Pass, Setup, Site, flat, step_of
from cnncli.layers.epilogue import epilogue_backward
from cnncli.layers.geometry import Windows

TILE = 4  # outputs along an axis
FEW_TILES = 16  # to multiply by a weight that comes from memory
LARGE = 1 << 17  # channels x filters

# Fitted to measurements of all three passes, in multiply-adds of the direct kernels.
PRODUCT_COST = 39  # of a tile's 36 points, for a channel and a filter
TRANSFORM_COST = 290  # of a channel of a tile, there, and of a filter, back
WEIGHT_COST = 150  # of transforming a channel's weights for a filter


def pays(setup: Setup, found: Windows, channels: int, filters: int) -> bool:
    """Say whether a convolution without groups, zero-padded, is quicker by Winograd's algorithm.

    Decided by the sizes of one image alone, so that answers are the same bits whatever the batch,
    the threads and the machine. Where latency counts, single images pay for their weights, too.
    """
    if setup.conv_algo == "direct":
        return False
    if found.size != (3, 3) or found.stride != (1, 1) or found.dilation != (1, 1):
        return False
    if max(_pads(found)) > 2:
        return False
    cost = _winograd_cost(found, channels, filters)
    if setup.latency:
        cost += WEIGHT_COST * channels * filters
    return cost < _direct_cost(found, channels, filters)


def _pads(found: Windows) -> list[int]:
    after = [
        output + 2 - before - length
        for output, before, length in zip(found.output, found.before, found.input, strict=True)
    ]
    return [*found.before, *after]


def _direct_cost(found: Windows, channels: int, filters: int) -> float:
    """Return the multiply-adds for one image, without those of padding; short rows cost more."""
    axes = zip(found.output, found.before, found.input, strict=True)
    rows, columns = (
        sum(0 <= p + tap - before < length for p in range(outputs) for tap in range(3))
        for outputs, before, length in axes
    )
    return rows * columns * channels * filters * (1 + 2 / found.output[1])


def _winograd_cost(found: Windows, channels: int, filters: int) -> float:
    """Return the same of Winograd's algorithm, transforms of whole blocks of channels included."""
    channels, filters = (-(-number // 16) * 16 for number in (channels, filters))
    transforms = TRANSFORM_COST * (channels + filters)
    return _tiles(found) * (PRODUCT_COST * channels * filters + transforms)


def _tiles(found: Windows) -> int:
    return math.prod(-(-length // TILE) for length in found.output)


def convolution(
    setup: Setup, found: Windows, channels: int, filters: int, pools: bool = False
) -> Any:
    """Return the kernels' description of a convolution; pooled, without an odd row or column."""
    rows, columns = (length - length % 2 if pools else length for length in found.output)
    sizes = (*found.input, channels, filters, *found.before, rows, columns)
    late = _transforms_late(setup, _tiles(found), channels * filters)
    return kernels.Winograd(*sizes, late, setup.batch, setup.threads)


def _transforms_late(setup: Setup, tiles: int, size: int) -> bool:
    """Say whether so many channels x filters are transformed only where they are used.

    Transformed, they are four times as large: where they are not used again, it takes longer to
    write them, or to fetch them from memory, than to transform them.
    """
    if setup.latency and tiles < FEW_TILES:
        return size >= LARGE // 2
    return (setup.training or setup.latency) and size >= LARGE


def prepared_size(setup: Setup, operator: Any) -> int:
    """Return the floats of transformed weights that a prediction keeps."""
    return 0 if setup.training else int(operator.weight_size)


def scratch_size(setup: Setup, operator: Any) -> int:
    """Return the floats of the forward pass; in training, of any pass and its weights."""
    if not setup.training:
        return int(operator.forward_scratch)
    return max(
        int(operator.weight_size) + int(operator.forward_scratch),
        int(operator.data_weight_size) + int(operator.data_scratch),
        int(operator.gradient_scratch),
    )


def passes(site: Site, operator: Any) -> tuple[Pass, Pass | None]:
    """Return forward and backward; in training, the weights are transformed in every pass.

    Large ones are left to the kernels, which transform them where they use them.
    """
    x, y, scratch = site.x[0].reshape(-1), flat(site.y), site.scratch
    weight, bias = site.weights["weight"], flat(site.weights.get("bias"))
    residual, relu, pools = flat(site.residual), site.activation == "relu", site.pools
    if not site.setup.training:
        step = step_of(site.y)
        transformed = site.prepared if operator.weight_size else weight
        if operator.weight_size:
            site.prepare = lambda: kernels.winograd_weights(operator, weight, transformed)

        def predict(n: int) -> None:
            kernels.winograd_forward(
                operator, n, x, transformed, bias, residual, y, scratch, relu, step, pools
            )

        return predict, None

    transformed = scratch[: operator.weight_size] if operator.weight_size else weight
    behind = scratch[operator.weight_size :]

    def forward(n: int) -> None:
        if operator.weight_size:
            kernels.winograd_weights(operator, weight, transformed)
        kernels.winograd_forward(operator, n, x, transformed, bias, residual, y, behind, relu)

    if site.dy is None:
        return forward, None
    dy, dx, epilogue = site.dy.reshape(-1), flat(site.dx[0]), epilogue_backward(site)
    added = dx if site.adds else NOTHING
    dweight = site.gradients["weight"]
    turned = scratch[: operator.data_weight_size] if operator.data_weight_size else weight
    behind_turned = scratch[operator.data_weight_size :]

    def backward(n: int) -> None:
        epilogue(n)
        kernels.winograd_backward_weights(operator, n, x, dy, dweight, scratch)
        if dx.size:
            if operator.data_weight_size:
                kernels.winograd_data_weights(operator, weight, turned)
            kernels.winograd_backward_data(operator, n, dy, turned, added, dx, behind_turned)

    return forward, backward
