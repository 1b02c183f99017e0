"""The layout in which the convolution kernels read weights: panels of 16 filters.

(K, C/groups, R, S) in the model file is [groups][panel][block][R][S][16][16] in memory: a vector
load brings the same weight of 16 filters, and the weights of a block of 16 channels, of which the
last may have fewer, lie side by side. Lanes behind the last filter hold zeros.
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
        split = padded.reshape(groups * panels, LANES, channels, rows, columns)
        blocks = [
            split[:, :, first : first + LANES].transpose(0, 3, 4, 2, 1).reshape(len(split), -1)
            for first in range(0, channels, LANES)
        ]
        return np.concatenate(blocks, axis=1).reshape(-1)

    def unpack(flat: Array, _: Shape) -> Array:
        split = flat.reshape(groups * panels, -1)
        joined = np.empty((groups * panels, LANES, channels, rows, columns), np.float32)
        for first in range(0, channels, LANES):
            block = joined[:, :, first : first + LANES]
            start, stop = (place * rows * columns * LANES for place in (first, first + LANES))
            lanes = split[:, start:stop].reshape(len(split), rows, columns, -1, LANES)
            block[:] = lanes.transpose(0, 4, 3, 1, 2)
        filled = joined.reshape(groups, panels * LANES, channels, rows, columns)
        return np.ascontiguousarray(filled[:, : filters // groups]).reshape(shape)

    size = groups * panels * LANES * channels * rows * columns
    return Parameter(
        shape, size, fan_in, fan_out, decays=True, pack=pack, unpack=unpack, lanes=LANES
    )


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
        (units, inputs),
        conv.size,
        inputs,
        units,
        decays=True,
        pack=pack,
        unpack=unpack,
        lanes=LANES,
    )
