"""A neuron's arithmetic as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cnncli.inspection.neuron import Neuron
from cnncli.inspection.place import Area
from cnncli.layers.arrays import Wide
from cnncli.render.table import align, write_matrix, write_table
from cnncli.render.text import write_number

SIDE = 7  # rows and columns of the largest window that is shown number by number
CHANNELS = 3  # of which it is shown, those that matter most
PRODUCTS = 12  # shown of a larger window


def describe_neuron(neuron: Neuron, width: int) -> list[str]:
    """Return what a neuron reads, its products and what becomes of their sum.

    Patch, weights and products stand side by side where `width` columns are enough. Of many
    channels, or many products, the largest are shown, and how many there are is said.
    """
    _, *size = neuron.products.shape
    small = 1 < max(size) <= SIDE
    steps = list_steps(neuron)
    return [
        _write_line("sees", f"{describe_area(neuron.field)} of the input"),
        "",
        *(_write_channels(neuron, width) if small else _write_products(neuron)),
        "",
        _write_line("sum", f"{steps.pop('sum'):.6g} of {_many(neuron.products.size, 'product')}"),
        *(_write_line(name, f"{value:.6g}") for name, value in steps.items()),
        *(_write_line("feeds", text) for text in describe_feeds(neuron)),
    ]


def choose_channels(neuron: Neuron) -> tuple[list[int], str]:
    """Return the channels whose products sum to the most, and what there is besides in words."""
    sums = neuron.products.sum(axis=(1, 2))
    shown = sorted(np.argsort(-np.abs(sums), kind="stable")[:CHANNELS].tolist())
    rest = np.delete(sums, shown)
    return shown, _describe_rest("other channel", rest)


def choose_products(neuron: Neuron) -> tuple[tuple[NDArray[np.int64], ...], str]:
    """Return the places of the largest products, and what there is besides in words."""
    products = neuron.products.ravel()
    order = np.argsort(-np.abs(products), kind="stable")
    places = np.unravel_index(order[:PRODUCTS], neuron.products.shape)
    return places, _describe_rest("smaller product", products[order[PRODUCTS:]])


def describe_channel(neuron: Neuron, index: int) -> str:
    """Return the number of a channel and the sum of its products."""
    total = write_number(neuron.products[index].sum())
    return f"channel {neuron.window.channels[index]} sums to {total}"


def name_lines(numbers: Sequence[int]) -> list[str]:
    """Return what rows or columns are called: by their numbers, those of the padding by a dash."""
    return ["-" if number < 0 else str(number) for number in numbers]


def list_steps(neuron: Neuron) -> dict[str, float]:
    """Return the sum and what becomes of it, by name and in order."""
    bias = {} if neuron.bias is None else {"bias": neuron.bias}
    return {"sum": neuron.sum, **bias, "output": neuron.output, **neuron.activation}


def describe_feeds(neuron: Neuron) -> Iterator[str]:
    """Yield the layers that read a neuron, and where it counts there; the class it answers for."""
    for reader in neuron.feeds:
        area = describe_area(reader.area)
        yield f"{reader.layer} at {area}" if area else reader.layer
    if neuron.answers is not None:
        yield f"the answer for {neuron.answers}"


def describe_area(area: Area) -> str:
    """Return rows and columns in words: of a signal the positions, of a vector nothing."""
    if not area.rows or not area.columns:
        return "no place"
    names = {0: (), 1: ("position",), 2: ("row", "column")}[area.axes]
    ranges = (area.rows, area.columns)[2 - area.axes :]
    return ", ".join(map(_describe_lines, names, ranges))


def _write_channels(neuron: Neuron, width: int) -> Iterator[str]:
    """Yield the arithmetic of the channels whose products sum to the most."""
    window = neuron.window
    shown, rest = choose_channels(neuron)
    rows, columns = name_lines(window.rows), name_lines(window.columns)
    patches, weights, products = (
        [write_matrix(matrix, float(np.abs(matrices).max())) for matrix in matrices]
        for matrices in (window.patch[shown], window.weights[shown], neuron.products[shown])
    )
    for number, index in enumerate(shown):
        yield describe_channel(neuron, index)
        cells = [[row, *line] for row, line in zip(rows, patches[number], strict=True)]
        blocks = [
            align([["", *columns], *cells]),
            ["x weights", *(f"  {line}" for line in align(weights[number]))],
            ["= products", *(f"  {line}" for line in align(products[number]))],
        ]
        yield from _put_side_by_side(blocks, width)
    yield from filter(None, [rest])


def _put_side_by_side(blocks: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of blocks beside each other; one below the other where that is too wide."""
    widths = [max(map(len, block)) for block in blocks]
    if sum(widths) + 3 * (len(blocks) - 1) > width:
        for block in blocks:
            yield from block
        return
    for lines in zip(*blocks, strict=True):
        padded = (line.ljust(room) for line, room in zip(lines, widths, strict=True))
        yield "   ".join(padded).rstrip()


def _write_products(neuron: Neuron) -> Iterator[str]:
    """Yield a table of the largest products."""
    window = neuron.window
    places, rest = choose_products(neuron)
    axes = {"channel": window.channels, "row": window.rows, "column": window.columns}
    table = {
        name: np.array(numbers)[place]
        for (name, numbers), place in zip(axes.items(), places, strict=True)
        if len(numbers) > 1
    }
    table["input"], table["weight"] = window.patch[places], window.weights[places]
    table["product"] = neuron.products[places]
    yield from write_table("", [str(rank) for rank in range(len(places[0]))], table)
    yield from filter(None, [rest])


def _describe_rest(what: str, values: Wide) -> str:
    """Return how many there are and what they sum to; nothing where there are none."""
    return f"{_many(values.size, what)} sum to {write_number(values.sum())}" if values.size else ""


def _describe_lines(name: str, numbers: range) -> str:
    first, last = numbers[0], numbers[-1]
    return f"{name} {first}" if first == last else f"{name}s {first} to {last}"


def _write_line(name: str, text: str) -> str:
    return f"{name:<9} {text}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
