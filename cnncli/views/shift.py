"""What happens in a network when its sample is moved, as a chart."""

from __future__ import annotations

import numpy as np

from cnncli.inspection.base import ShiftFindings
from cnncli.inspection.figures import Array
from cnncli.render.chart import Chart, Line, Panel, Point, Style

MOST = 6  # layers drawn, spread over the network
IMAGE, ANSWER = Style(7, dashed=True), Style(0)


def make_shift_chart(findings: ShiftFindings, note: str) -> Chart:
    """Return how far the maps of layers move, how much of them stays, and a logit, over pixels."""
    layers, total = _choose_layers(findings)
    styles = {index: Style(number, marker=number) for number, index in enumerate(layers)}
    distances = range(findings.values.shape[2])
    image = Line(tuple((float(d), float(d)) for d in distances), IMAGE)
    moved, same = (
        tuple(
            Line(_list_points(findings.values[index, curve]), style)
            for index, style in styles.items()
        )
        for curve in (0, 1)
    )
    answer = Line(_list_points(findings.answers), ANSWER)
    legend = [(findings.labels[index], style) for index, style in styles.items()]
    return Chart(
        f"Shift, {note}",
        (*legend, ("the image", IMAGE)),
        (
            Panel("pixels that maps move along (equivariance)", (*moved, image)),
            Panel("how much of them stays the same (invariance), cosine", same),
            Panel(f"logit of {findings.output}", (answer,), 0.6),
        ),
        "pixels to the right",
        cut=f"{len(layers)} of {total} layers" if len(layers) < total else "",
        whole=True,
    )


def _choose_layers(findings: ShiftFindings) -> tuple[list[int], int]:
    """Return the places of some layers with maps from first to last, and how many there are."""
    have_maps = np.isfinite(findings.values[:, 0, 0]).nonzero()[0]
    places = have_maps if have_maps.size else np.arange(len(findings.labels))
    chosen = np.unique(np.linspace(0, len(places) - 1, MOST).round().astype(int))
    return [int(place) for place in places[chosen]], len(places)


def _list_points(values: Array) -> tuple[Point, ...]:
    return tuple(
        (float(distance), float(value) if np.isfinite(value) else None)
        for distance, value in enumerate(values)
    )
