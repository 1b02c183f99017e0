"""Receptive fields as formulas: how far a layer sees, and how far apart its positions are."""

from __future__ import annotations

from cnncli.graph.nodes import INPUT, Graph, Node


def explain_field(graph: Graph, node: Node) -> list[str]:
    """Return field and jump: once for a signal, and where rows and columns are alike."""
    if node.layer.reach(*node.input_shapes).everything:
        return ["field = all of the input"]
    rows, columns = (_explain_along(axis, graph, node) for axis in (0, 1))
    if rows == columns or len(graph.input_shape) == 2:
        return [f"{what} = {formula}" for what, formula in columns]
    return [
        f"{what} {along} = {formula}"
        for along, lines in (("rows", rows), ("columns", columns))
        for what, formula in lines
    ]


def _explain_along(axis: int, graph: Graph, node: Node) -> list[tuple[str, str]]:
    """Return what is explained, and its formula, along an axis."""
    reach = node.layer.reach(*node.input_shapes)
    sources = [graph.nodes[index] for index in node.inputs if index != INPUT]
    field = max((source.receptive_field[axis] for source in sources), default=1)
    jump = max((source.jump[axis] for source in sources), default=1)
    wider, window = node.receptive_field[axis], reach.window[axis]
    lines = []
    if wider > field:  # else it saw all of the input already
        formula = f"{field} + ({window} - 1)*{jump} = " if jump == int(jump) else "about "
        lines.append(("field", f"{formula}{wider}"))
    stride, finer = reach.stride[axis], reach.finer[axis]
    if stride > 1 or finer > 1:
        formula = f"{jump:.6g}" + (f"*{stride}" if stride > 1 else "")
        formula += f"/{finer}" if finer > 1 else ""
        lines.append(("jump", f"{formula} = {node.jump[axis]:.6g}"))
    return lines
