"""The head of a network, which turns features into answers, and how it gets other answers."""

from __future__ import annotations

from dataclasses import fields, replace

from cnncli.errors import ArchitectureError, setting
from cnncli.graph.building import build_graph
from cnncli.graph.nodes import INPUT, Graph
from cnncli.layers.base import Layer
from cnncli.notation import parse
from cnncli.notation.expression import Leaf
from cnncli.notation.places import find_places, replace_part

WIDTHS = ("units", "filters")  # settings that say how many outputs a layer has


def find_head(graph: Graph) -> frozenset[str]:
    """Return the layers that say how many outputs there are, and all that depend on them."""
    head = _find_last_widths(graph)
    for index, node in enumerate(graph.nodes):
        if not head.isdisjoint(node.inputs):
            head.add(index)
    return frozenset(graph.nodes[index].name for index in head)


def change_outputs(graph: Graph, count: int) -> Graph:
    """Return the network with so many outputs.

    Raises ArchitectureError where more than the width of its last layers would have to change.
    """
    expression = parse(graph.text)
    places = list(find_places(expression))
    for index in sorted(_find_last_widths(graph), reverse=True):
        layer = graph.nodes[index].layer
        wider = replace(layer, **{_find_width(layer): count})
        expression = replace_part(expression, places[index], Leaf(wider))
    changed = build_graph(expression, graph.input_shape)
    if changed.output_shape != (*graph.output_shape[:-1], count):
        raise ArchitectureError(
            f"{graph.text}: its end cannot be changed from {graph.classes} to {count} outputs by "
            f"itself; give the network by {setting('arch')}"
        )
    return changed


def _find_last_widths(graph: Graph) -> set[int]:
    """Return the layers that say how many outputs there are: the last on each way to the end."""
    last: set[int] = set()
    open_ends = [graph.output]
    while open_ends:
        index = open_ends.pop()
        if index == INPUT:
            continue
        if _find_width(graph.nodes[index].layer):
            last.add(index)
        else:
            open_ends += graph.nodes[index].inputs
    return last


def _find_width(layer: Layer) -> str:
    """Return the setting that says how many outputs a layer has, if it has one."""
    return next((entry.name for entry in fields(layer) if entry.name in WIDTHS), "")
