"""Networks for large images adapted to small images, in the customary way.

Networks for 224x224 pixels halve the image twice or more before their work begins, to save time. On
small images that leaves nothing to work on: ResNets for 32x32 pixels start with a 3x3 convolution
of stride 1 and no pool (He et al. 2015, arXiv:1512.03385, section 4.2). The rule behind it: of the
first halvings, as many go as it takes for the last feature map to be 4x4. Pools side by side are no
such halvings but part of the stages of a network: VGG comes down to a single position on 32x32
pixels. Only where they do not fit, the last of them go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cnncli.errors import ArchitectureError
from cnncli.graph import INPUT, Graph, Node, build_graph
from cnncli.layers.base import Layer, Shape
from cnncli.layers.geometry import is_pool, slides
from cnncli.notation import parse
from cnncli.notation.expression import Expression, Identity, Leaf
from cnncli.notation.grammar import read
from cnncli.notation.rewriting import Change, rewrite
from cnncli.notation.writing import write_text
from cnncli.presets import Preset, lookup
from cnncli.value import Value

SMALLEST = 4  # positions of the last feature map, along its shorter side


class Adapted(Value):
    """A preset for inputs of another size."""

    text: str  # with a heading like the preset's
    graph: Graph
    changes: tuple[Change, ...]


def adapt(preset: Preset, shape: Shape) -> Adapted:
    """Return a preset with the strides, windows and pools that are customary for this input.

    Raises ArchitectureError where no such change makes it fit.
    """
    if len(shape) != len(preset.input_shape):
        usual = "x".join(map(str, preset.input_shape))
        raise ArchitectureError(
            f"{preset.name} takes inputs such as {usual}; give a size like that"
        )
    parse(preset.text, preset.classes)  # which refuses a size that does not fit
    pieces, network = read(preset.text)
    changes: list[Change] = []

    def build(size: Shape) -> Graph:
        return build_graph(parse(write_text(pieces, network), preset.classes), size)

    while _is_coarse(build(preset.input_shape), shape):
        finer = rewrite(pieces, network, _halve_stride)
        if finer is None:
            break
        network = finer.tree
        _add(changes, finer.changes)
    while True:
        try:
            graph = build(shape)
        except ArchitectureError as error:
            shorter = rewrite(pieces, network, _leave_out_pool, last=True)
            if shorter is None:
                raise ArchitectureError(f"{preset.name}: {error.message}") from None
            network = shorter.tree
            _add(changes, shorter.changes)
        else:
            text = f"{_write_heading(preset, shape)}\n{write_text(pieces, network)}\n"
            return Adapted(text, graph, tuple(changes))


def adapt_to_smaller(arch: str, shape: Shape) -> Adapted | None:
    """Return the preset that ARCH names, adapted to inputs that are smaller than those it takes.

    None where it names none, the inputs are not smaller, or nothing has to change.
    """
    preset = None if arch.startswith("@") else lookup(arch)
    if preset is None or len(shape) != len(preset.input_shape):
        return None
    sides = zip(shape[:-1], preset.input_shape[:-1], strict=True)
    if all(side >= usual for side, usual in sides):
        return None
    adapted = adapt(preset, shape)
    return adapted if adapted.changes else None


def find_last_feature_map(graph: Graph) -> Node | None:
    """Return the layer that makes the last image before a layer sees all of it at once."""
    path: list[Node] = []
    index = graph.output
    while index != INPUT:
        path.append(graph.nodes[index])
        index = path[-1].inputs[0]
    last = None
    for node in reversed(path):
        image = len(node.output_shape) == len(graph.input_shape)
        resized = node.output_shape[:-1] != node.input_shapes[0][:-1]
        if not image or (resized and node.layer.reach(*node.input_shapes).everything):
            break
        last = node
    return last


def _write_heading(preset: Preset, shape: Shape) -> str:
    size = "x".join(map(str, shape))
    return (
        f"# {preset.title}: {preset.name} for {size}\n# source: after {preset.source}\n"
        f"# input: {size}\n# classes: {preset.classes}\n"
    )


def _is_coarse(graph: Graph, shape: Shape) -> bool:
    """Say whether so many halvings leave too few positions of an input of this shape."""
    last = find_last_feature_map(graph)
    if last is None:
        return False
    lengths = shape[:-1]
    return any(
        jump > 1 and -(-length // jump) < SMALLEST
        for length, jump in zip(lengths, last.jump[-len(lengths) :], strict=True)
    )


def _halve_stride(layer: Layer) -> Expression | None:
    """Halve the stride of a convolution, and its window with it; leave out an overlapping pool."""
    if is_pool(layer):
        return Identity() if max(layer.size) > max(layer.steps) > 1 else None
    if not slides(layer) or max(layer.steps) == 1:
        return None
    changes: dict[str, Any] = {"stride": tuple(-(-step // 2) for step in layer.steps)}
    if max(layer.size) > 3:
        size = tuple(_halve(length) for length in layer.size)
        changes["size"] = size
        if not isinstance(layer.pad, str):
            changes["pad"] = tuple((length - 1) // 2 for length in size)
    return Leaf(replace(layer, **changes))


def _halve(length: int) -> int:
    """Return half a window, odd where it was, and no less than 3."""
    return max(min(length, 3), length // 2 // 2 * 2 + 1 if length % 2 else length // 2)


def _leave_out_pool(layer: Layer) -> Expression | None:
    return Identity() if is_pool(layer) and max(layer.steps) > 1 else None


def _add(changes: list[Change], more: tuple[Change, ...]) -> None:
    """Add changes; a change to what an earlier change made is merged with that."""
    for change in more:
        for index, earlier in enumerate(changes):
            if earlier.after == Leaf(change.before):
                changes[index] = Change(earlier.before, change.after)
                break
        else:
            changes.append(change)
