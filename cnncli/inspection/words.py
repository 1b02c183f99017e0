"""Words for filters: which of them are edges, lines, blobs, flat, colors, dead, or alike.

A filter is called by what most of its energy, the sum of the squares of its weights, is spent on.

Legend: K filters, C channels, R S their window, n forms.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.inspection.figures import Array
from cnncli.inspection.forms import draw_forms
from cnncli.inspection.similarity import compare_filters, measure_norms
from cnncli.randomness import stream
from cnncli.value import Value

FITS = 2 / 3  # of the energy: a form explains twice as much of a filter as it leaves
SAME = 0.9  # of the energy: what is left is a third as long as the filter, and hardly seen
COLORED = 1 / 4  # of the energy: of the six hues at their purest, yellow (1, 1, 0) has least, 1/3
FAINT = 1 / 255  # of the longest filter: painted on one scale with it, all is the same gray
SMALLEST = 3  # pixels along a window: in one of 2x2 nearly every filter is an edge

NOISE = 500  # filters of random weights; a form has to fit better than in 99 of 100 of them
FEW = 8  # channels; with as many, no form fits random weights

HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")  # every 60 degrees from 0 on
SIDES = ("right", "top right", "top", "top left", "left", "bottom left", "bottom", "bottom right")

Numbers = NDArray[np.floating[Any]]


class Words(Value):
    """What can be said of a filter."""

    kind: str  # edge, line, blob, flat, color, dead or other
    angle: float | None = None  # of an edge or line, in degrees counterclockwise from horizontal
    tone: str = ""  # light, dark or a hue; of a signal high or low
    side: str = ""  # of an edge, where the tone is
    twin: int | None = None  # the first filter that is the same but for a factor above zero

    def __str__(self) -> str:
        """Return them as text: `edge at 45 degrees, light on the top left`."""
        name = self.kind if self.angle is None else f"{self.kind} at {self.angle:g} degrees"
        if self.tone in HUES and self.kind != "color":
            name = f"color {name}"
        tone = f"{self.tone} on the {self.side}" if self.side else self.tone
        twin = "" if self.twin is None else f"duplicate of {self.twin}"
        return ", ".join(filter(None, (name, tone, twin)))


def describe_filters(
    filters: Array, *, color: bool = False, dead: NDArray[np.bool_] | None = None
) -> list[Words]:
    """Return words for the filters (K, C, R, S) of a layer.

    `color` says that their channels are red, green and blue. Filters of several other channels have
    forms, but no tones. In a window too small for forms there are still colors. `dead` (K,) are
    those that are known to be, whatever their weights.
    """
    count, channels, rows, columns = filters.shape
    weights = filters.reshape(count, channels, rows * columns)
    norms = measure_norms(filters)
    faint = norms <= FAINT * norms.max(initial=0)
    if dead is not None:
        faint |= dead
    window = _Window(channels, rows, columns, color)
    described: list[Words] = []
    for index, twin in enumerate(_find_twins(filters, faint)):
        if faint[index]:
            described.append(Words("dead"))
        else:
            words = window.describe(weights[index].astype(np.float64) / norms[index])
            described.append(replace(words, twin=twin))
    return described


class _Window:
    """What a filter of a certain size is compared with."""

    def __init__(self, channels: int, rows: int, columns: int, color: bool) -> None:
        self.is_color, self.is_row, self.is_single = color, rows == 1, channels == 1
        self.has_forms = (columns if rows == 1 else min(rows, columns)) >= SMALLEST
        if self.has_forms:
            self.forms = draw_forms(rows, columns)
            self.least = max(FITS, self._fit_noise(channels, rows * columns))

    def describe(self, weights: Numbers) -> Words:
        """Return words for weights (C, R*S) of length 1."""
        means = weights.mean(axis=1)
        if np.square(means).sum() * weights.shape[1] >= SAME:
            tone = self._find_tone(means)
            if tone in HUES:
                return Words("color", tone=tone)
            return Words("flat" if self.has_forms else "other")
        if not self.has_forms:
            return Words("other")
        shares = self._fit(weights)
        best = int(shares.argmax())
        if not shares[best] >= self.least:
            return Words("other")
        kind, angle = self.forms.kinds[best], self.forms.angles[best]
        slope = None if self.is_row or kind == "blob" else float(angle)
        tone = self._find_tone(weights @ self.forms.patterns[best])
        if kind != "edge" or not tone:
            return Words(kind, slope, tone)
        if tone in ("dark", "low"):
            tone, angle = {"dark": "light", "low": "high"}[tone], angle + 180
        return Words(kind, slope, tone, SIDES[round((angle + 90) / 45) % len(SIDES)])

    def _fit(self, weights: Numbers) -> Numbers:
        """Return the share that each form has of the energy around the means (n,)."""
        rest, patterns = weights - weights.mean(axis=1, keepdims=True), self.forms.patterns
        if len(rest) <= rest.shape[1]:
            energies = np.square(patterns @ rest.T).sum(axis=1)
        else:  # the same sum over the channels, in an order that takes less time
            energies = (patterns @ (rest.T @ rest) * patterns).sum(axis=1)
        shares: Numbers = energies / np.square(rest).sum()
        return shares

    def _fit_noise(self, channels: int, size: int) -> float:
        """Return the share that the best form has of all but one in a hundred random filters."""
        if channels >= FEW:
            return 0.0
        noise = stream(0, "random filters").standard_normal((NOISE, channels, size))
        return float(np.quantile([self._fit(weights).max() for weights in noise], 0.99))

    def _find_tone(self, amounts: Numbers) -> str:
        """Return light, dark or a hue for amounts of something in each channel (C,)."""
        if self.is_color:
            rest = amounts - amounts.mean()
            if np.square(rest).sum() >= COLORED * np.square(amounts).sum():
                red, green, blue = amounts
                hue = math.atan2(math.sqrt(3) * (green - blue), 2 * red - green - blue)
                return HUES[round(math.degrees(hue) / 60) % len(HUES)]
        elif not self.is_single:
            return ""
        light, dark = ("high", "low") if self.is_row else ("light", "dark")
        return light if amounts.sum() > 0 else dark


def _find_twins(filters: Array, faint: NDArray[np.bool_]) -> list[int | None]:
    """Return for each filter the first before it that is the same but for a factor, if any."""
    same = compare_filters(filters) >= math.sqrt(SAME)
    same[faint] = same[:, faint] = False
    firsts = same.argmax(axis=1)  # itself, or one before it; 0 for a faint one
    return [
        int(first) if first < index and same[index, first] else None
        for index, first in enumerate(firsts)
    ]
