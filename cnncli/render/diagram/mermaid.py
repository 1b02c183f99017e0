"""A diagram as Mermaid text, which many wikis and repositories draw where they show it."""

from __future__ import annotations

from cnncli.render.diagram.parts import Box, Diagram, edges, nested


def mermaid_lines(diagram: Diagram) -> list[str]:
    """Return the lines of a flowchart; what is repeated is a subgraph."""
    return [
        "flowchart LR",
        *(f"  {line}" for line in nested(diagram.body, _node, _subgraph, "end")),
        *(f"  {one} --> {other}" for one, other in edges(diagram.body)),
    ]


def _node(box: Box) -> str:
    return f'{box.name}["{"<br/>".join(map(_escaped, (*box.lines, box.size)))}"]'


def _subgraph(number: int, caption: str) -> tuple[str, ...]:
    return (f'subgraph group{number}["{_escaped(caption)}"]',)


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
