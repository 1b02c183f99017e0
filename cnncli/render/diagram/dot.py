"""A diagram as a graph for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.render.diagram.parts import Box, Diagram, Fork, Repeated, Series, edges


def dot_lines(diagram: Diagram) -> list[str]:
    """Return the lines of a digraph; what is repeated is a cluster."""
    return [
        "digraph network {",
        f"  graph [rankdir=LR, label={_quoted(diagram.title, diagram.note)}];",
        '  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11];',
        *(f"  {line}" for line in _nodes(diagram.body, [])),
        *(f"  {_quoted(one)} -> {_quoted(other)};" for one, other in edges(diagram.body)),
        "}",
    ]


def _nodes(series: Series, clusters: list[int]) -> Iterator[str]:
    """Yield the boxes; `clusters` counts those of a whole diagram."""
    for part in series.parts:
        if isinstance(part, Box):
            yield f"{_quoted(part.name)} [label={_quoted(*part.lines, part.size)}];"
        elif isinstance(part, Fork):
            for branch in part.branches:
                yield from _nodes(branch, clusters)
            yield from _nodes(Series((part.junction,)), clusters)
        else:
            assert isinstance(part, Repeated)
            clusters.append(part.count)
            yield f"subgraph cluster{len(clusters)} {{"
            yield f"  label={_quoted(part.caption)}; style=dashed;"
            yield from (f"  {line}" for line in _nodes(part.body, clusters))
            yield "}"


def _quoted(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines if line)
    return '"' + "\\n".join(escaped) + '"'
