"""From an ONNX file to a model, by the operators of https://onnx.ai/onnx/operators/.

reading.py reads the file and refuses what is unsafe; external_data.py reads the files beside it.
tracing.py goes through its nodes (broadcasting.py is for those of opset 6): folding.py computes
what depends on constants and sizes alone, recognition.py finds functions spelled out as chains, and
filters.py, pools.py, activations.py, normalizations.py, arithmetic.py, arrangements.py,
resampling.py and blocks.py have a function per operator, which adds to the network of network.py;
windows.py says where windows stand, answers.py which classes or labels a sigmoid at the end is for.
expression.py makes an architecture of that, description.py reads what our own files say beside the
graph, and runtime.py is ONNX Runtime.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cnncli.errors import ArchitectureError, ModelFileError, UsageError, setting
from cnncli.exchange.completion import complete, replace_names
from cnncli.exchange.given import Given, Imported
from cnncli.exchange.onnx_in.description import (
    EMBEDDED,
    cut_network,
    describe,
    read_description,
    restore,
)
from cnncli.exchange.onnx_in.expression import build_expression
from cnncli.exchange.onnx_in.reading import choose_output, read_file, shorten_name
from cnncli.exchange.onnx_in.runtime import open_source
from cnncli.exchange.onnx_in.tracing import trace
from cnncli.exchange.proof import ONNX_RUNTIME
from cnncli.graph import build_graph
from cnncli.registry import import_modules
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.exchange.onnx_in.network import Chances
    from cnncli.exchange.onnx_in.reading import Source
    from cnncli.graph import Graph
    from cnncli.layers.base import Array, Shape

import_modules(__name__, __path__[0])  # the functions of all operators


def read_model(path: str, given: Given) -> Imported:
    """Return the network in an ONNX file.

    Raises ModelFileError for a file that is damaged or unsafe, ArchitectureError, which lists them
    all, for nodes that no layer stands for, UsageError where the size of the input is missing.
    """
    if given.arch is not None:
        raise UsageError(
            f"{path}: says itself what its network is; leave out {setting('arch')}", path=path
        )
    source = read_file(path, external_data=given.external_data)
    try:
        described = read_description(source)
        if described is None:
            source = choose_output(source, given.output)
            built = build_network(source, given.input_shape, logits=True)
            labels = built.chances == "of labels"
            imported = complete(built.graph, built.weights, given, labels=labels)
            opening = partial(
                open_source,
                path,
                imported.model,
                source.outputs,
                chances=built.chances,
                external_data=given.external_data,
            )
            return Imported(imported.model, (*built.notes, *imported.notes), opening, ONNX_RUNTIME)
        if given.output is not None:
            raise UsageError(f"{setting('output')}: the file has a single output; leave it out")
        outputs, source = source.outputs, cut_network(source, described)
        built = build_network(source, tuple(described["input"]))
        model = restore(source, described, built.graph)
        if model is None:
            model = describe(complete(built.graph, built.weights, Given()).model, described)
        model = replace_names(model, given).model
        if source.metadata.get(EMBEDDED) == "true":
            return Imported(model, ("not compared with ONNX Runtime: it holds preprocessing",))
        return Imported(model, (), partial(open_source, path, model, outputs), ONNX_RUNTIME)
    except (ArchitectureError, ModelFileError, UsageError) as error:
        raise type(error)(error.fault, place=path, path=path, details=error.details) from error


class Built(Value):
    """The network of a file."""

    graph: Graph
    weights: dict[str, Array]
    notes: tuple[str, ...]  # what there is to say about it
    chances: Chances | None  # that the file answers with, and the network with their logits


def build_network(source: Source, input_shape: Shape | None, *, logits: bool = False) -> Built:
    """Return the network of a file, or one that answers with the `logits` of its answers."""
    network, output = trace(source, input_shape, logits=logits)
    expression, weighted = build_expression(network, output)
    graph = build_graph(expression, network.input_shape)
    places = [node for node in graph.nodes if node.layer.parameters(*node.input_shapes)]
    weights = {
        f"{node.name}/{name}": array
        for node, step in zip(places, weighted, strict=True)
        for name, array in step.weights.items()
    }
    copies = len(weighted) - len({id(step) for step in weighted})
    notes = []
    if copies:
        notes.append(
            f"{copies} layers stand more than once, for several branches read what they make"
        )
    if len(source.outputs) > 1:
        outputs = shorten_name(", ".join(source.outputs))
        notes.append(
            f"its answer is {outputs} together; convert with {setting('output')} takes one"
        )
    return Built(graph, weights, tuple(notes), network.chances)
