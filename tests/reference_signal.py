"""Slow, obvious twins of the layers in one dimension, in float64: signals are (L, C).

Padding is given as pixels before and behind; weights are (K, C/groups, R), of deconv (C, K, R).
"""

import numpy as np

MODES = {"zero": "constant", "reflect": "reflect", "edge": "edge"}


def padded(x, before, behind, fill="zero"):
    return np.pad(np.asarray(x, np.float64), ((before, behind), (0, 0)), MODES[fill])


def conv(x, w, b, stride=1, pad=(0, 0), fill="zero", dilation=1, groups=1):
    x = padded(x, *pad, fill)
    filters, channels, taps = w.shape
    count = (len(x) - (taps - 1) * dilation - 1) // stride + 1
    y = np.zeros((count, filters))
    for p in range(count):
        for k in range(filters):
            first = k // (filters // groups) * channels
            for r in range(taps):
                row = x[p * stride + r * dilation, first : first + channels]
                y[p, k] += row @ w[k, :, r].astype(np.float64)
    return y + b


def deconv(x, w, b, stride=1):
    _, filters, taps = w.shape
    y = np.zeros(((len(x) - 1) * stride + taps, filters))
    for p in range(len(x)):
        for r in range(taps):
            y[p * stride + r] += x[p].astype(np.float64) @ w[:, :, r]
    return y + b


def pool(kind, x, size, stride, pad=0):
    x = np.asarray(x, np.float64)
    count = (len(x) + 2 * pad - size) // stride + 1
    rows = []
    for p in range(count):
        start = p * stride - pad
        seen = x[max(start, 0) : start + size]
        rows.append(
            {
                "maxpool": lambda seen=seen: seen.max(0),
                "avgpool": lambda seen=seen: seen.sum(0) / size,
                "l2pool": lambda seen=seen: np.sqrt((seen**2).sum(0)),
            }[kind]()
        )
    return np.array(rows)
