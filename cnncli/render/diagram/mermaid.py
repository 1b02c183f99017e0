"""A diagram as Mermaid text, which many wikis and repositories draw where they show it."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.render.diagram.parts import Box, Diagram, Fork, Repeated, Series, edges


def mermaid_lines(diagram: Diagram) -> list[str]:
    """Return the lines of a flowchart; what is repeated is a subgraph."""
    return [
        "flowchart LR",
        *(f"  {line}" for line in _nodes(diagram.body, [])),
        *(f"  {one} --> {other}" for one, other in edges(diagram.body)),
    ]


def _nodes(series: Series, groups: list[int]) -> Iterator[str]:
    """Yield the boxes; `groups` counts those of a whole diagram."""
    for part in series.parts:
        if isinstance(part, Box):
            yield f'{part.name}["{"<br/>".join(map(_escaped, (*part.lines, part.size)))}"]'
        elif isinstance(part, Fork):
            for branch in part.branches:
                yield from _nodes(branch, groups)
            yield from _nodes(Series((part.junction,)), groups)
        else:
            assert isinstance(part, Repeated)
            groups.append(part.count)
            yield f'subgraph group{len(groups)}["{_escaped(part.caption)}"]'
            yield from (f"  {line}" for line in _nodes(part.body, groups))
            yield "end"


def _escaped(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")
