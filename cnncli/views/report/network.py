"""The network of a report: its drawing, its layers, and what each of them sees of the sample."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.graph import Graph
from cnncli.graph.receptive_field import find_field
from cnncli.layers.base import image_shape
from cnncli.render.diagram.page import draw_page
from cnncli.render.report import Layer
from cnncli.render.strokes.svg import write_svg
from cnncli.views.diagram import make_diagram
from cnncli.views.shape_table import list_rows
from cnncli.views.shapes import Report, report_shapes

BATCH = 64  # images that memory is counted for


def draw_network(graph: Graph) -> str:
    """Return the drawing as SVG, repeated blocks drawn once."""
    return "\n".join(write_svg(draw_page(make_diagram(graph, "", expand=False))))


def measure_shapes(graph: Graph) -> Report:
    """Return the figures of all layers and their totals."""
    return report_shapes(graph, BATCH, 1, explained=False)


def list_layers(graph: Graph, shapes: Report) -> Iterator[Layer]:
    """Yield the rows of the table of shapes, each with the frame of its position in the middle."""
    _, *rows = list_rows(shapes)
    for index, row in enumerate(rows):
        name, text, output, params, macs, field = row[:6]
        yield Layer(name, text, output, params, macs, field, _find_frame(graph, index))


def _find_frame(graph: Graph, index: int) -> tuple[float, ...] | None:
    """Return left, top, width and height, in percent of the input; None where nothing is seen."""
    rows, columns, _ = image_shape(graph.nodes[index].output_shape)
    top, left, bottom, right = find_field(graph, index, (rows // 2, columns // 2))
    height, width, _ = image_shape(graph.input_shape)
    if bottom <= top or right <= left:
        return None
    shares = (left / width, top / height, (right - left) / width, (bottom - top) / height)
    return tuple(round(100 * share, 3) for share in shares)
