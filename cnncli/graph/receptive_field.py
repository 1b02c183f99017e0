"""The receptive field: what a position of a feature map sees of the network's input.

Araujo, Norris & Sim 2019, https://distill.pub/2019/computing-receptive-fields: per axis,
field = field before + (window - 1)*jump before, jump = jump before * stride. A layer that enlarges
divides the jump, which need not be whole then. Where branches meet, the largest counts. At the
borders of the image a position sees less: `find_field` looks at one position, and `find_centers`
says where the middles of all of them lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.graph.nodes import INPUT, Graph
from cnncli.layers.base import Axes, Reach, image_shape
from cnncli.value import Value

Box = tuple[int, int, int, int]  # top, left, bottom, right: rows from top to before bottom


class ReceptiveField(Value):
    """Size of a receptive field and distance to the next, (rows, columns), exact."""

    size: tuple[Fraction, Fraction] = (Fraction(1), Fraction(1))
    jump: tuple[Fraction, Fraction] = (Fraction(1), Fraction(1))
    everything: bool = False  # whether it is the whole input, whatever its size

    def extend(self, reach: Reach) -> ReceptiveField:
        """Return the receptive field behind another layer."""
        rows, columns = (
            (size + (window - 1) * jump, jump * stride / finer)
            for size, jump, window, stride, finer in zip(
                self.size, self.jump, reach.window, reach.stride, reach.finer, strict=True
            )
        )
        return ReceptiveField(
            (rows[0], columns[0]), (rows[1], columns[1]), self.everything or reach.everything
        )


def merge(branches: Sequence[ReceptiveField]) -> ReceptiveField:
    """Return the receptive field where branches meet."""
    return ReceptiveField(
        (max(field.size[0] for field in branches), max(field.size[1] for field in branches)),
        (max(field.jump[0] for field in branches), max(field.jump[1] for field in branches)),
        any(field.everything for field in branches),
    )


def find_field(graph: Graph, index: int, position: Axes) -> Box:
    """Return what a position (row, column) of a node's output sees of the network's input.

    The smallest box around these pixels, without padding; empty where it sees none, as between
    the stamps of a deconv. A signal is a single row.
    """
    rows, columns = (_trace_back(graph, index, axis, position[axis]) for axis in (0, 1))
    return rows.start, columns.start, rows.stop, columns.stop


def find_fields(graph: Graph, index: int, positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the boxes (n, 4) that positions (n, 2) see, as `find_field` has each."""
    boxes = {
        position: find_field(graph, index, position) for position in set(map(tuple, positions))
    }
    found = [boxes[position] for position in map(tuple, positions)]
    return np.array(found, np.int64).reshape(-1, 4)


def find_centers(graph: Graph, index: int, axis: int) -> NDArray[np.floating[Any]]:
    """Return the middle of what each row (axis 0) or column of a node's output sees, in pixels.

    0 is the middle of the input's first pixel. The middles are evenly spaced, as if the fields
    went on beyond the borders; where branches meet they are the mean of theirs.
    """
    origins = {INPUT: 0.0}  # the middle of position 0
    for place, node in enumerate(graph.nodes[: index + 1]):
        positions = np.arange(image_shape(node.output_shape)[axis])
        sources = node.layer.find_sources(positions, axis, *node.input_shapes)
        known = (sources >= 0).sum(axis=1)
        whole = positions[known == known.max()]  # the windows of which the fewest are padding
        means = np.where(sources >= 0, sources, 0).sum(axis=1)[whole] / known[whole]
        lengths = [image_shape(shape)[axis] for shape in node.input_shapes]
        # A branch that is spread over the others lies nowhere in particular.
        read = [i for i, length in zip(node.inputs, lengths, strict=True) if length == max(lengths)]
        jumps = [1.0 if i == INPUT else graph.nodes[i].jump[axis] for i in read]
        starts = [origins[i] for i in read]
        middles = np.mean(starts) + np.mean(jumps) * means
        origins[place] = float(np.mean(middles - node.jump[axis] * whole))
    return origins[index] + graph.nodes[index].jump[axis] * positions


def _trace_back(graph: Graph, index: int, axis: int, position: int) -> range:
    """Return the first to the last row (axis 0) or column of the input that a position sees."""
    seen = {index: range(position, position + 1)}
    for place in range(index, INPUT, -1):
        node = graph.nodes[place]
        positions = np.array(seen.get(place, range(0)), np.int64)
        sources = node.layer.find_sources(positions, axis, *node.input_shapes)
        sources = sources[sources >= 0]
        if not sources.size:
            continue
        first, last = int(sources.min()), int(sources.max())
        for source, shape in zip(node.inputs, node.input_shapes, strict=True):
            end = image_shape(shape)[axis] - 1  # before which the last is where a branch is spread
            start, stop = min(first, end), min(last, end) + 1
            known = seen.get(source, range(start, stop))
            seen[source] = range(min(start, known.start), max(stop, known.stop))
    return seen.get(INPUT, range(0))
