"""`cnncli draw`: a network as papers draw it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncli.errors import UsageError
from cnncli.options import (
    OUTPUT,
    Shape,
    arch_argument,
    classes_option,
    command,
    force_option,
    input_option,
    json_option,
    resolve_arch,
)
from cnncli.terminal import write_json

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.render.diagram import Diagram

FORMATS = ("svg", "png", "txt", "dot", "mermaid")
ENDINGS = {**{f".{name}": name for name in FORMATS}, ".gv": "dot", ".mmd": "mermaid"}
COLUMNS = 100  # of a text that goes to no terminal
NARROWEST, WIDEST = 80, 120


@command("cnncli draw lenet5", "cnncli draw resnet50 -o resnet50.svg")
@arch_argument
@input_option
@classes_option
@click.option(
    "-o", "--output", type=OUTPUT, metavar="FILE|-",
    help="The file to write; its name ends in .svg, .png, .txt, .dot or .mermaid.  [default: -]",
)  # fmt: skip
@click.option(
    "--format", "style", type=click.Choice(FORMATS),
    help="Format of the drawing.  [default: by the name of FILE; txt for -]",
)  # fmt: skip
@click.option("--expand", is_flag=True, help="Draw repeated blocks as often as they occur.")
@force_option
@json_option
def draw(
    arch: str,
    input_shape: Shape | None,
    classes: int | None,
    output: str | None,
    style: str | None,
    expand: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Draw a network as papers do: slabs, sizes, layers and branches.

    ARCH is a name (see `cnncli arch`), an architecture text (see `cnncli help notation`), @FILE or
    a trained model. Small layers (bn, relu, dropout) share the box of the layer before them. In
    larger networks repeated blocks are drawn once, with their count. --json lists the boxes and
    lines instead.
    """
    style = _choose_style(output, style, as_json=as_json)
    from cnncli.model_file.atomic import check_writable, write_atomically
    from cnncli.views.diagram import make_diagram

    if output is not None:
        check_writable(output, force=force)
    graph = resolve_arch(arch, classes=classes, input_shape=input_shape)
    diagram = make_diagram(graph, _choose_title(arch), expand=expand)
    if output is not None or not as_json:
        width = _choose_columns(output)
        write_atomically(output or "-", _draw(diagram, style, width), force=force)
    if as_json:
        write_json(_describe(graph, diagram))


def _choose_style(output: str | None, style: str | None, *, as_json: bool) -> str:
    """Return how to draw; raise UsageError for what cannot be drawn there."""
    if output not in (None, "-"):
        ending = Path(str(output)).suffix.lower()
        if style is None and ending not in ENDINGS:
            known = ", ".join(ENDINGS)
            raise UsageError(f"{output}: give --format, or a name that ends in one of {known}")
        return style or ENDINGS[ending]
    if as_json and output is None and style is not None:
        raise UsageError("--json alone draws nothing; leave --format out, or give -o FILE")
    if output == "-" and as_json:
        raise UsageError("--json and -o - both go to stdout; give -o the name of a file")
    if style == "png" and sys.stdout.isatty():
        raise UsageError("stdout is a terminal, which cannot show a PNG; use -o FILE.png")
    return style or "txt"


def _choose_title(arch: str) -> str:
    """Return the name of a preset or a file; a text has none."""
    from cnncli.exchange import is_foreign

    if arch.endswith(".npz") or is_foreign(arch) or (arch.startswith("@") and arch != "@-"):
        return Path(arch.removeprefix("@")).name
    return arch.strip() if re.fullmatch(r"[\w.-]+", arch.strip()) else ""


def _choose_columns(output: str | None) -> int:
    """Return the width of a text: that of the terminal, or always the same."""
    if output not in (None, "-") or not sys.stdout.isatty():
        return COLUMNS
    import shutil

    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size().columns))


def _draw(diagram: Diagram, style: str, width: int) -> bytes:
    """Return the contents of a file, importing what draws this kind alone."""
    if style == "png":
        from cnncli.render.diagram.page import draw_page
        from cnncli.render.png import encode_png
        from cnncli.render.strokes.picture import paint_page

        return encode_png(paint_page(draw_page(diagram)))
    if style == "svg":
        from cnncli.render.diagram.page import draw_page
        from cnncli.render.strokes.svg import write_svg

        lines = write_svg(draw_page(diagram))
    elif style == "txt":
        from cnncli.render.diagram.txt import draw_text

        lines = draw_text(diagram, width)
    elif style == "dot":
        from cnncli.render.diagram.dot import write_dot

        lines = write_dot(diagram)
    else:
        from cnncli.render.diagram.mermaid import write_mermaid

        lines = write_mermaid(diagram)
    return "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")


def _describe(graph: Graph, diagram: Diagram) -> dict[str, Any]:
    """Return boxes and lines as they stand in the JSON."""
    from cnncli.render.diagram.parts import list_boxes, list_edges

    return {
        "schema": 1,
        "command": "draw",
        "arch": graph.text,
        "input": graph.input_shape,
        "boxes": [
            {"name": box.name, "lines": box.lines, "layers": box.full, "output": box.shape}
            for box in list_boxes(diagram.body)
        ],
        "lines": list(list_edges(diagram.body)),
    }
