"""A neuron's arithmetic as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.inspection.neuron import Neuron
from cnncli.inspection.place import Area
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
    bias = {} if neuron.bias is None else {"bias": neuron.bias}
    steps = {**bias, "output": neuron.output, **neuron.activation}
    return [
        _write_line("sees", f"{describe_area(neuron.field)} of the input"),
        "",
        *(_write_channels(neuron, width) if small else _write_products(neuron)),
        "",
        _write_line("sum", f"{neuron.sum:.6g} of {_many(neuron.products.size, 'product')}"),
        *(_write_line(name, f"{value:.6g}") for name, value in steps.items()),
        *(_write_line("feeds", text) for text in describe_feeds(neuron)),
    ]


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
    """Yield the arithmetic of the channels whose products weigh most."""
    sums = neuron.products.sum(axis=(1, 2))
    shown = sorted(np.argsort(-np.abs(sums), kind="stable")[:CHANNELS].tolist())
    for index in shown:
        number = neuron.window.channels[index]
        yield f"channel {number}, whose products sum to {write_number(sums[index])}"
        yield from _put_side_by_side(_write_matrices(neuron, index), width)
    rest = np.delete(sums, shown)
    if rest.size:
        sum_of_rest = write_number(rest.sum())
        yield f"{_many(rest.size, 'other channel')}, whose products sum to {sum_of_rest}"


def _write_matrices(neuron: Neuron, index: int) -> list[list[str]]:
    """Return patch, weights and products of a channel; a dash stands for a line of the padding."""
    window = neuron.window
    rows, columns = (
        ["-" if number < 0 else str(number) for number in numbers]
        for numbers in (window.rows, window.columns)
    )
    cells = write_matrix(window.patch[index])
    return [
        align([["", *columns], *([row, *line] for row, line in zip(rows, cells, strict=True))]),
        _write_matrix("x weights", window.weights[index]),
        _write_matrix("= products", neuron.products[index]),
    ]


def _write_matrix(name: str, matrix: NDArray[Any]) -> list[str]:
    return [name, *(f"  {line}" for line in align(write_matrix(matrix)))]


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
    window, products = neuron.window, neuron.products
    order = np.argsort(-np.abs(products), axis=None, kind="stable")[:PRODUCTS]
    places = np.unravel_index(order, products.shape)
    axes = {"channel": window.channels, "row": window.rows, "column": window.columns}
    yield from write_table(
        "",
        [str(rank) for rank in range(len(order))],
        {
            **{
                name: np.array(numbers)[place]
                for (name, numbers), place in zip(axes.items(), places, strict=True)
                if len(numbers) > 1
            },
            "input": window.patch[places],
            "weight": window.weights[places],
            "product": products[places],
        },
    )
    if rest := products.size - len(order):
        sum_of_rest = write_number(neuron.sum - products[places].sum())
        yield f"{_many(rest, 'smaller product')}, which sum to {sum_of_rest}"


def _describe_lines(name: str, numbers: range) -> str:
    first, last = numbers[0], numbers[-1]
    return f"{name} {first}" if first == last else f"{name}s {first} to {last}"


def _write_line(name: str, text: str) -> str:
    return f"{name:<9} {text}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
