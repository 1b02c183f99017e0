"""A diagram as a graph for Graphviz."""

from __future__ import annotations

from cnncli.render.diagram.parts import Box, Diagram, edges, nested


def dot_lines(diagram: Diagram) -> list[str]:
    """Return the lines of a digraph; what is repeated is a cluster."""
    return [
        "digraph network {",
        f"  graph [rankdir=LR, label={_quoted(diagram.title, diagram.note)}];",
        '  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11];',
        *(f"  {line}" for line in nested(diagram.body, _node, _cluster, "}")),
        *(f"  {_quoted(one)} -> {_quoted(other)};" for one, other in edges(diagram.body)),
        "}",
    ]


def _node(box: Box) -> str:
    return f"{_quoted(box.name)} [label={_quoted(*box.lines, box.size)}];"


def _cluster(number: int, caption: str) -> tuple[str, ...]:
    return f"subgraph cluster{number} {{", f"  label={_quoted(caption)}; style=dashed;"


def _quoted(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines if line)
    return '"' + "\\n".join(escaped) + '"'
