"""The text of a Python file that has a network as a module of PyTorch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cnncli.data.preprocessing import read_preprocessing
from cnncli.errors import ArchitectureError
from cnncli.exchange.torch_module.spelling import SPELLERS, Place, Spelling
from cnncli.graph import INPUT

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.graph import Graph
    from cnncli.layers.base import Shape
    from cnncli.model_file import Model

TEMPLATE = '''"""{title}

network = load() reads the weights from {weights}, which lies beside this file.
network(prepare(samples)) are logits, {answer}.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

CLASSES = {classes}
SCALE, SHIFT = {scale}, {shift}


class Network(nn.Module):
    """From {input} to {answer}."""

    def __init__(self):
        super().__init__()
{modules}

    def forward(self, x):
{lines}
        return {output}


def prepare(samples):
    """Return {samples} as the network takes them, float32 {input}."""
    values = samples.float() * torch.tensor(SCALE) + torch.tensor(SHIFT)
    return values.movedim(-1, 1)


def load(path=Path(__file__).with_name({weights!r})):
    """Return the network with its weights, ready to predict."""
    network = Network()
    network.load_state_dict(read_weights(Path(path)))
    return network.eval()


def read_weights(path):
    """Return the tensors of a .safetensors file of float32 by name."""
    data = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return {{
        name: torch.frombuffer(
            data, dtype=torch.float32, offset=start + entry["data_offsets"][0],
            count=torch.Size(entry["shape"]).numel(),
        ).reshape(entry["shape"])
        for name, entry in header.items()
    }}
'''


def write_source(model: Model, weights: str) -> str:
    """Return the Python file of a model; `weights` is the name of the file with its weights.

    Raises ArchitectureError for layers that are not known in PyTorch, all of them by name.
    """
    graph = model.graph
    modules, lines, output = _spell_network(graph)
    preprocessing = read_preprocessing(model.preprocessing)
    return TEMPLATE.format(
        title=f"A network of {graph.params:,} parameters, as a module of PyTorch.",
        weights=weights,
        classes=model.classes,
        scale=list(preprocessing.scale),
        shift=list(preprocessing.shift),
        modules=_indent(modules) if modules else "        pass",
        lines=_indent(lines) if lines else "        # nothing is done to it",
        output=output,
        input=_name_shape(graph.input_shape),
        answer=_name_shape(graph.output_shape),
        samples=_name_samples(preprocessing, graph.input_shape),
    )


def _spell_network(graph: Graph) -> tuple[list[str], list[str], str]:
    """Return the lines that make the modules, those of `forward`, and the variable of the logits.

    A softmax at the end is left out. A value gets a new variable where the one it is made of is
    read again.
    """
    unknown = sorted({node.layer.kind for node in graph.nodes} - SPELLERS.keys())
    if unknown:
        raise ArchitectureError(f"no module of PyTorch is written for {', '.join(unknown)}")
    output = graph.output
    if output != INPUT and graph.nodes[output].layer.family == "softmax":
        (output,) = graph.nodes[output].inputs
    readers = Counter(source for node in graph.nodes for source in node.inputs)
    variables, modules, lines, made = {INPUT: "x"}, [], [], 0
    for index, node in enumerate(graph.nodes):
        if index == graph.output != output:
            continue
        inputs = tuple(variables[source] for source in node.inputs)
        place = Place(node.layer, inputs, node.input_shapes, node.name, node.output_shape)
        spelling: Spelling = SPELLERS[node.layer.kind](place)
        readers.subtract(node.inputs)
        free = [variables[source] for source in node.inputs if not readers[source]]
        if not free:
            made += 1
        variables[index] = free[0] if free else f"x{made}"
        if spelling.module:
            modules.append(f"self.{node.name} = {spelling.module}")
        lines.append(f"{variables[index]} = {spelling.value}")
    return modules, lines, variables[output]


def _name_samples(preprocessing: AnyPreprocessing, shape: Shape) -> str:
    """Return what `prepare` takes; of images that are normalized one by one, more is to be done."""
    samples = f"{preprocessing.noun}s (N, {', '.join(map(str, shape))})"
    if preprocessing.normalization != "image":
        return samples
    return f"{samples}, each with mean 128 and deviation 48 in each channel,"


def _name_shape(shape: Shape) -> str:
    """Return a shape as PyTorch has it: (N, 3, 32, 32)."""
    *sides, channels = shape
    return f"(N, {', '.join(map(str, (channels, *sides)))})"


def _indent(lines: list[str]) -> str:
    return "\n".join(f"        {line}" for line in lines)
