"""A diagram as Mermaid text, which many wikis and repositories draw where they show it."""

from __future__ import annotations

from cnncli.render.diagram.parts import Box, Diagram, list_edges, nest_boxes


def write_mermaid(diagram: Diagram) -> list[str]:
    """Return the lines of a flowchart; what is repeated is a subgraph."""
    return [
        "flowchart LR",
        *(f"  {line}" for line in nest_boxes(diagram.body, _write_node, _open_subgraph, "end")),
        *(f"  {start} --> {end}" for start, end in list_edges(diagram.body)),
    ]


def _write_node(box: Box) -> str:
    return f'{box.name}["{"<br/>".join(map(_escape, (*box.lines, box.size)))}"]'


def _open_subgraph(number: int, caption: str) -> tuple[str, ...]:
    return (f'subgraph group{number}["{_escape(caption)}"]',)


def _escape(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
