"""Filters, feature maps and the arithmetic of neurons, for a report."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cnncli.graph import Node
from cnncli.inspection import find_method
from cnncli.inspection.base import Subject
from cnncli.inspection.figures import Array
from cnncli.inspection.layer_choice import list_activation, list_filter_layers
from cnncli.inspection.methods.filters import shape_filters
from cnncli.inspection.neuron import name_source, take_apart
from cnncli.layers.base import image_shape
from cnncli.render.report import Arithmetic, Exhibit
from cnncli.render.sheet import Capacity
from cnncli.trained.model import Trained
from cnncli.trained.sample import Sample
from cnncli.views.neuron import describe_neuron
from cnncli.views.report.pictures import locate, picture_drawing
from cnncli.views.sheet import make_drawing

FEW = Capacity(tiles=64, rows=32, columns=32, side=512)
FILTERS = 8  # whose numbers are on the page
MOST = 1 << 19  # of these numbers
COLUMNS = 100  # of a text


def show_filters(trained: Trained, name: str) -> Exhibit | None:
    """Return the filters of the first layer that has any."""
    layers = list_filter_layers(trained.graph)
    if not layers or layers[0].layer.reach(*layers[0].input_shapes).everything:
        return None
    findings = find_method("filters").find(trained, Subject())
    words = findings.figures["words"].tolist()
    told = [
        f"{label}: {text}"
        for label, text in zip(findings.labels, words, strict=True)
        if text != "other"
    ]
    drawing = make_drawing(findings, name, None, FEW)
    picture = picture_drawing(drawing, f"the filters of {findings.layer}")
    return Exhibit([picture], [" · ".join(told)])


def show_maps(trained: Trained, sample: Sample, name: str) -> Exhibit | None:
    """Return what the first layer with filters answers to a sample, after its activation."""
    findings = find_method("activations").find(trained, Subject(sample))
    drawing = make_drawing(findings, name, replace(sample, name=Path(sample.name).name), FEW)
    return Exhibit([picture_drawing(drawing, f"the feature maps of {findings.layer}")], [])


def work_out(trained: Trained, sample: Sample) -> Arithmetic | None:
    """Return the arithmetic of the first convolution on a sample; None where there is none.

    In the JSON: `filters`, those that answer most, the strongest first; `input` (`inputShape`),
    that of the layer; `weights` (filters, channels, rows, columns) and `bias` of each; `values`,
    what the layer and those behind it up to the activation answer (filters, rows, columns); `rows`
    and `columns`, those of the input that each position reads, -1 for padding; `at`, the position
    that answers most. Arrays are float32 in base64, little-endian.
    """
    node = _find_convolution(trained)
    if node is None:
        return None
    behind = list_activation(trained.graph, node)
    maps = _read_maps(trained, sample, [node, *behind])
    last = np.nan_to_num(maps[-1][1])
    chosen = np.argsort(-last.max(axis=(1, 2)), kind="stable")[:FILTERS]
    count = max(1, min(FILTERS, MOST // (len(maps) * last[0].size)))
    chosen = chosen[:count]
    first, row, column = locate(last[chosen])
    graph = trained.graph
    filters = shape_filters(graph, trained.model.weights, node)
    source = _read_source(trained, sample, node)
    place = [row, column] if len(node.output_shape) == 3 else [column]
    neuron = take_apart(trained, sample, node.name, [int(chosen[first]), *place])
    bias = trained.model.weights.get(f"{node.name}/bias")
    document: dict[str, Any] = {
        "layer": node.name,
        "axes": len(node.output_shape) - 1,
        "filters": chosen.tolist(),
        "channels": filters.shape[1],
        "at": [row, column],
        "input": _encode(source),
        "inputShape": source.shape,
        "weights": _encode(filters[chosen]),
        "bias": None if bias is None else bias[chosen].tolist(),
        "values": [{"name": name, "numbers": _encode(values[chosen])} for name, values in maps],
        "rows": _list_sources(node, 0),
        "columns": _list_sources(node, 1),
    }
    return Arithmetic(
        node.name,
        [str(number) for number in chosen],
        [f"{neuron.name} · {neuron.text}", *describe_neuron(neuron, COLUMNS)],
        json.dumps(document, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _find_convolution(trained: Trained) -> Node | None:
    """Return the first layer whose filters read windows of all channels."""
    for node in list_filter_layers(trained.graph):
        reach = node.layer.reach(*node.input_shapes)
        filters = shape_filters(trained.graph, trained.model.weights, node)
        if not reach.everything and filters.shape[1] == image_shape(node.input_shapes[0])[2]:
            return node
    return None


def _read_maps(trained: Trained, sample: Sample, nodes: list[Node]) -> list[tuple[str, Array]]:
    """Return what nodes answer to a sample (channels, rows, columns), by what `trace` calls it."""
    values = trained.run(sample.input, keep=[node.name for node in nodes])
    names = ["output", *(node.name for node in nodes[1:])]
    return [
        (name, values[node.name].reshape(image_shape(node.output_shape)).transpose(2, 0, 1))
        for name, node in zip(names, nodes, strict=True)
    ]


def _read_source(trained: Trained, sample: Sample, node: Node) -> Array:
    """Return what a layer reads (H, W, C)."""
    source = name_source(trained.graph, node)
    if source == "input":
        values = sample.input
    else:
        values = trained.run(sample.input, keep=[source])[source]
    return values.reshape(image_shape(values.shape))


def _list_sources(node: Node, axis: int) -> list[list[int]]:
    """Return the rows (axis 0) or columns of the input that each position reads."""
    positions = np.arange(image_shape(node.output_shape)[axis])
    sources: list[list[int]] = node.layer.find_sources(positions, axis, *node.input_shapes).tolist()
    return sources


def _encode(values: Array) -> str:
    return b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
