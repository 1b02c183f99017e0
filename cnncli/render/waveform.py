"""A signal as a picture."""

from __future__ import annotations

import numpy as np

from cnncli.render.colors import Numbers, Pixels

WIDTH, HEIGHT = 224, 96  # of a channel
PAPER, INK = 236, 40


def draw_waveform(signal: Numbers, limits: tuple[float, float] | None = None) -> Pixels:
    """Return a signal (L, C) as dark on light, uint8 (C*96, at most 224, 1), a band per channel.

    A column stands for a sample or several and reaches from the lowest to the highest of them, the
    first of the next column included: it is a line without gaps;
    all channels are on the same scale, between the limits, None: the extremes of the signal.
    """
    length = len(signal)
    columns = min(length, WIDTH)
    starts = np.arange(columns) * length // columns
    low, high = (limit.reduceat(signal, starts, axis=0) for limit in (np.minimum, np.maximum))
    low[:-1] = np.minimum(low[:-1], signal[starts[1:]])
    high[:-1] = np.maximum(high[:-1], signal[starts[1:]])
    bottom, top = limits or (float(low.min()), float(high.max()))
    scale = (HEIGHT - 1) / (top - bottom) if top > bottom else 0.0
    first, last = (np.rint((top - limit) * scale) for limit in (high, low))  # (columns, C)
    rows = np.arange(HEIGHT)[:, None, None]
    inside = (first <= rows) & (rows <= last)  # (HEIGHT, columns, C)
    bands = inside.transpose(2, 0, 1).reshape(-1, columns, 1)
    return np.where(bands, INK, PAPER).astype(np.uint8)


def stretch(signal: Numbers, length: int) -> Numbers:
    """Return a signal (L, C) with straight lines between its samples, at least of this length."""
    if len(signal) >= length:
        return signal
    places = np.linspace(0, len(signal) - 1, length)
    lines = [np.interp(places, np.arange(len(signal)), channel) for channel in signal.T]
    return np.stack(lines, axis=1)


def keep_strongest(rows: Numbers, columns: int) -> Numbers:
    """Return rows (n, L) with at most so many columns, each the value farthest from zero of equally
    many, and high enough to be seen: repeated until they are a third as high as wide.
    """
    length = rows.shape[1]
    step = -(-length // columns)
    starts = np.arange(0, length, step)
    high, low = (limit.reduceat(rows, starts, axis=1) for limit in (np.maximum, np.minimum))
    shown = np.where(high >= -low, high, low)
    return np.repeat(shown, max(1, shown.shape[1] // (3 * len(rows))), axis=0)
