"""A neuron's arithmetic as the parts of a picture."""

from __future__ import annotations

from collections.abc import Sequence

from cnncli.inspection.neuron import Neuron
from cnncli.render.colors import show_bands
from cnncli.render.flashlight import Flashlight, Frame, Panel
from cnncli.render.waveform import draw_waveform
from cnncli.trained.sample import Sample
from cnncli.views.neuron import (
    SIDE,
    choose_channels,
    choose_products,
    describe_area,
    describe_channel,
    describe_feeds,
    list_steps,
    name_lines,
)

LARGEST = 64  # rows or columns of a window that is drawn as one


def make_flashlight(neuron: Neuron, sample: Sample, note: str) -> Flashlight:
    """Return what a neuron sees of a sample, and its arithmetic.

    Of many channels the largest are drawn; windows of a single pixel, or of more than LARGEST along
    an axis, as a list of their largest products.
    """
    window, is_signal = neuron.window, sample.values.ndim == 2
    image = show_bands(draw_waveform(sample.values) if is_signal else sample.values)
    if 1 < max(window.patch.shape[1:]) <= LARGEST:
        shown, rest = choose_channels(neuron)
        panels = [_make_panel(neuron, index) for index in shown]
    else:
        panel, rest = _list_products(neuron)
        panels = [panel]
    return Flashlight(
        title=f"{neuron.name} · {neuron.text}",
        note=note,
        image=image,
        frame=_frame_field(neuron, sample, image.shape),
        field=f"sees {describe_area(neuron.field)}",
        panels=panels,
        rest=rest,
        steps=tuple(list_steps(neuron).items()),
        feeds=tuple(describe_feeds(neuron)),
    )


def _make_panel(neuron: Neuron, index: int) -> Panel:
    window = neuron.window
    matrices = (window.patch[index], window.weights[index], neuron.products[index])
    title = describe_channel(neuron, index)
    if max(matrices[0].shape) > SIDE:
        return Panel(title, matrices)
    rows = name_lines(window.rows) if len(window.rows) > 1 else ()
    return Panel(title, matrices, rows, name_lines(window.columns))


def _list_products(neuron: Neuron) -> tuple[Panel, str]:
    """Return the largest products one below the other, and what there is besides in words."""
    window = neuron.window
    places, rest = choose_products(neuron)
    axis = window.patch.shape.index(max(window.patch.shape))
    numbers = (window.channels, window.rows, window.columns)[axis]
    name = "input" if axis else "channel"
    rows = [f"{name} {numbers[place]}" for place in places[axis]]
    patch, weights, products = (
        values[places][:, None] for values in (window.patch, window.weights, neuron.products)
    )
    return Panel("the largest products", (patch, weights, products), rows), rest


def _frame_field(neuron: Neuron, sample: Sample, shape: Sequence[int]) -> Frame | None:
    """Return top, left, bottom and right of what a neuron sees, on a picture of this shape."""
    rows, columns = neuron.field.rows, neuron.field.columns
    if not rows or not columns:
        return None
    if sample.values.ndim == 2:  # a signal's waveform is as high as it likes
        across = shape[1] / len(sample.values)
        return 0, columns.start * across, shape[0], columns.stop * across
    return rows.start, columns.start, rows.stop, columns.stop
