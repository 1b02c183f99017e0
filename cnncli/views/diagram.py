"""A network as a diagram: which of its layers share a box, and what is written on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cnncli.graph import Graph, Node
from cnncli.layers.base import Reach, Shape
from cnncli.layers.geometry import Windowed
from cnncli.notation import expression as notation
from cnncli.notation import parse
from cnncli.render.diagram import Box, Diagram, Fork, Repeated, Series
from cnncli.render.diagram.parts import Part, list_boxes

FEW = 24  # boxes that stay legible when all of them are drawn
COUNTS = ("filters", "units", "channels", "rate")  # settings that say how much comes out
UNUSUAL = ("stride", "dilation", "groups", "first")  # settings worth a line
LINE = 15  # letters of a line that names several small layers


def make_diagram(graph: Graph, title: str, *, expand: bool) -> Diagram:
    """Return a network as a diagram, repeated parts drawn once unless it is small or `expand`."""
    expression = parse(graph.text)
    body = _Drafter(graph, collapse=False).draw(expression)
    if not expand and sum(1 for _ in list_boxes(body)) > FEW:
        body = _Drafter(graph, collapse=True).draw(expression)
    what = "signal" if len(graph.input_shape) == 2 else "image"
    note = f"{graph.params:,} parameters, {graph.macs:,} multiply-accumulates per {what}"
    return Diagram(title, note, body)


class _Drafter:
    """Goes through an expression and, in the same order, the nodes that were made of it."""

    def __init__(self, graph: Graph, *, collapse: bool) -> None:
        self.graph = graph
        self.collapse = collapse
        self.next = 0

    def draw(self, expression: notation.Expression) -> Series:
        """Return the whole network, behind a box for the input."""
        start = Box("input", "input", ("input",), self.graph.input_shape)
        return Series((start, *self._draw_branch(expression).parts))

    def _draw_branch(self, expression: notation.Expression) -> Series:
        draft = _Branch()
        self._add(expression, draft)
        return draft.finish()

    def _add(self, expression: notation.Expression, draft: _Branch) -> None:
        match expression:
            case notation.Leaf():
                draft.add(self._next_node())
            case notation.Sequence(parts):
                for part in parts:
                    self._add(part, draft)
            case notation.Repeat(count, body) if self.collapse and count > 1:
                draft.flush()
                draft.repeat(self._draw_repeated(count, body))
            case notation.Repeat(count, body):
                for _ in range(count):
                    self._add(body, draft)
            case notation.Joined(parts):
                branches = tuple(self._draw_branch(part) for part in parts)
                draft.join(branches, self._next_node())

    def _draw_repeated(self, count: int, body: notation.Expression) -> Repeated:
        """Draw the first pass, skip the others."""
        first = self.next
        series = self._draw_branch(body)
        once = self.next - first
        self.next += (count - 1) * once
        if not once:
            return Repeated(count, series)
        after_first = self.graph.nodes[first + once - 1].output_shape
        after_all = self.graph.nodes[self.next - 1].output_shape
        end = "x".join(map(str, after_all)) if after_all != after_first else ""
        return Repeated(count, series, end)

    def _next_node(self) -> Node:
        self.next += 1
        return self.graph.nodes[self.next - 1]


@dataclass(eq=False)
class _Draft:
    """What is to be a box, or a fork with its junction."""

    node: Node
    before: list[Node]  # small layers that share its box
    branches: tuple[Series, ...] = ()
    after: list[Node] = field(default_factory=list)

    def finish(self) -> Part:
        """Return it as a part of a diagram."""
        node = self.node
        nodes = (*self.before, node, *self.after)
        box = Box(
            name=node.name,
            family=node.layer.family,
            lines=(*_abbreviate(self.before), *_describe(node), *_abbreviate(self.after)),
            shape=node.output_shape,
            full=" >> ".join(str(small.layer) for small in nodes),
            bands=_count_channels(node) if node.layer.family == "stack" else (),
        )
        return Fork(self.branches, box) if self.branches else box


class _Branch:
    """The parts of a branch so far."""

    def __init__(self) -> None:
        self.parts: list[_Draft | Part] = []
        self.waiting: list[Node] = []  # small layers that the next box opens with

    def add(self, node: Node) -> None:
        """Give a layer a box, or a place in the box before where it leaves the size alone."""
        last = self.parts[-1] if self.parts else None
        if not _is_small(node):
            self.parts.append(_Draft(node, self.waiting))
            self.waiting = []
        elif isinstance(last, _Draft):
            last.after.append(node)
        else:
            self.waiting.append(node)

    def join(self, branches: tuple[Series, ...], node: Node) -> None:
        """Add a fork."""
        self.flush()
        self.parts.append(_Draft(node, [], branches))

    def repeat(self, repeated: Repeated) -> None:
        """Add a repeated part: a lone box has the count on it in place of a frame, no box none."""
        match repeated:
            case Repeated(_, Series(())):
                pass
            case Repeated(count, Series((Box(lines=lines) as box,)), ""):
                self.parts.append(replace(box, lines=(*lines, f"x{count}")))
            case _:
                self.parts.append(repeated)

    def flush(self) -> None:
        """Give small layers that no box follows a box to themselves."""
        if self.waiting:
            first, *others = self.waiting
            self.parts.append(_Draft(first, [], after=others))
            self.waiting = []

    def finish(self) -> Series:
        """Return the branch."""
        self.flush()
        return Series(
            tuple(part.finish() if isinstance(part, _Draft) else part for part in self.parts)
        )


def _is_small(node: Node) -> bool:
    """Say whether a layer leaves every number in its place, and so shares a box with another."""
    layer, shapes = node.layer, node.input_shapes
    return shapes == (node.output_shape,) and not node.macs and layer.reach(*shapes) == Reach()


def _count_channels(node: Node) -> tuple[int, ...]:
    return tuple(shape[-1] for shape in node.input_shapes)


def _describe(node: Node) -> list[str]:
    """Return a layer as papers write it: conv 3x3, 64 and, below, what is not usual."""
    layer, axes = node.layer, len(node.input_shapes[0]) - 1
    given = {field.name: getattr(layer, field.name) for field in layer.settings()}
    usual = {field.name: field.default for field in layer.settings()}
    if isinstance(layer, Windowed) and usual.get("stride", ()) is None:
        usual["stride"], given["stride"] = layer.size, layer.steps
    sizes = [_write_size(given[name], axes) for name in ("size", "factor") if name in given]
    counts = [str(given[name]) for name in COUNTS if name in given]
    lines = [f"{layer.kind} {', '.join(sizes + counts)}".rstrip()]
    for name in UNUSUAL:
        if name in given and given[name] != usual[name]:
            lines.append(f"{name} {_write_size(given[name], 1)}")
    return lines


def _abbreviate(nodes: list[Node]) -> list[str]:
    """Return small layers in few short lines."""
    lines: list[str] = []
    for node in nodes:
        word = _describe(node)[0]
        if lines and len(lines[-1]) + 1 + len(word) <= LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _write_size(numbers: Shape | float, axes: int) -> str:
    """Return a size that may be alike on several axes, or a single number."""
    if isinstance(numbers, int | float):
        return f"{numbers:g}"
    return "x".join(map(str, numbers * axes if len(numbers) == 1 else numbers))
