"""A diagram as a graph for Graphviz."""

from __future__ import annotations

from cnncli.render.diagram.parts import Box, Diagram, list_edges, nest_boxes


def write_dot(diagram: Diagram) -> list[str]:
    """Return the lines of a digraph; what is repeated is a cluster."""
    return [
        "digraph network {",
        f"  graph [rankdir=LR, label={_quote(diagram.title, diagram.note)}];",
        '  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11];',
        *(f"  {line}" for line in nest_boxes(diagram.body, _write_node, _open_cluster, "}")),
        *(f"  {_quote(start)} -> {_quote(end)};" for start, end in list_edges(diagram.body)),
        "}",
    ]


def _write_node(box: Box) -> str:
    return f"{_quote(box.name)} [label={_quote(*box.lines, box.size)}];"


def _open_cluster(number: int, caption: str) -> tuple[str, ...]:
    return f"subgraph cluster{number} {{", f"  label={_quote(caption)}; style=dashed;"


def _quote(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines if line)
    return '"' + "\\n".join(escaped) + '"'
