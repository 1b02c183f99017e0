"""The layout in which the convolution kernels read weights: panels of 16 filters.

(K, C/groups, R, S) in the model file is [groups][panel][R][S][C/groups][16] in memory, so that a
vector load brings the same weight of 16 filters. Lanes behind the last filter hold zeros.
"""

from __future__ import annotations

import numpy as np

from cnncli.layers.arrays import Array
from cnncli.layers.base import Parameter, Shape, image_shape, volume

LANES = 16


def declare_conv_weight(shape: Shape, groups: int, fan_in: int, fan_out: int) -> Parameter:
    """Return the parameter for convolution weights of shape (K, C/groups, R, S)."""
    filters, channels, rows, columns = shape
    panels = -(-(filters // groups) // LANES)

    def pack(weight: Array) -> Array:
        padded = np.zeros((groups, panels * LANES, channels, rows, columns), np.float32)
        grouped = weight.reshape(groups, filters // groups, channels, rows, columns)
        padded[:, : filters // groups] = grouped
        split = padded.reshape(groups, panels, LANES, channels, rows, columns)
        return np.ascontiguousarray(split.transpose(0, 1, 4, 5, 3, 2)).reshape(-1)

    def unpack(flat: Array, _: Shape) -> Array:
        split = flat.reshape(groups, panels, rows, columns, channels, LANES)
        lanes = split.transpose(0, 1, 5, 4, 2, 3)
        joined = lanes.reshape(groups, panels * LANES, channels, rows, columns)
        return np.ascontiguousarray(joined[:, : filters // groups]).reshape(shape)

    size = groups * panels * LANES * channels * rows * columns
    return Parameter(shape, size, fan_in, fan_out, decays=True, pack=pack, unpack=unpack)


def declare_dense_weight(units: int, image: Shape) -> Parameter:
    """Return the parameter for dense weights (units, inputs), inputs in channel-row-column order.

    In memory the inputs stand in row-column-channel order, as the image before the layer does.
    """
    inputs = volume(image)
    height, width, channels = image_shape(image)
    conv = declare_conv_weight((units, inputs, 1, 1), 1, inputs, units)

    def pack(weight: Array) -> Array:
        rows_first = weight.reshape(units, channels, height, width).transpose(0, 2, 3, 1)
        return conv.pack(rows_first.reshape(units, inputs, 1, 1))

    def unpack(flat: Array, shape: Shape) -> Array:
        rows_first = conv.unpack(flat, conv.shape).reshape(units, height, width, channels)
        return np.ascontiguousarray(rows_first.transpose(0, 3, 1, 2)).reshape(shape)

    return Parameter(
        (units, inputs), conv.size, inputs, units, decays=True, pack=pack, unpack=unpack
    )
