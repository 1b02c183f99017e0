"""`cnncli inspect-filters`: what the filters of a network look like, and what they see."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cnncli import names
from cnncli.errors import UsageError
from cnncli.options import command, force_option, json_option, model_argument
from cnncli.terminal import escape_on_terminal, note, wants_color, write_json, write_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cnncli.inspection.figures import Findings
    from cnncli.render.blocks import Depth
    from cnncli.render.sheet import Capacity, Sheet


class Look(NamedTuple):
    """What is looked at, and what was found."""

    model: str
    method: str
    image: str | None
    pixels: NDArray[Any] | None  # of the image, uint8 (H, W, C), or signal, float32 (L, C)
    findings: Findings


@command(
    "cnncli inspect-filters digits.npz --layer conv2 -o conv2.png",
    "cnncli inspect-filters digits.npz --method activations --image seven.png",
)
@model_argument
@click.option("--layer", metavar="NAME", help="As shape-calc names it.  [default: the first conv]")
@click.option(
    "--method", type=click.Choice(names.INSPECTION_METHODS), default="filters",
    show_default=True, help="The weights, or the feature maps of an image or signal.",
)  # fmt: skip
@click.option("--image", metavar="FILE|-", help="The image or signal for the feature maps.")
@click.option("-o", "--output", metavar="FILE", help="Write a picture (.png) or the arrays (.npz).")
@force_option
@json_option
def inspect_filters(
    model: str,
    layer: str | None,
    method: str,
    image: str | None,
    output: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Show the filters of a layer, or its feature maps for an image or signal.

    Without --output they are drawn in the terminal, or listed as a table of numbers if stdout is
    not a terminal. All pictures of a layer share one scale. On that of filters zero is gray. With
    --image the dead filters are named, too: those whose activation is zero everywhere.
    """
    if method == "activations" and image is None:
        raise UsageError("--method activations needs an image; give one with --image FILE")
    if model == image == "-":
        raise UsageError("stdin can be read only once; give - once")
    _check_output(output, force, as_json)
    look = _look(model, layer, method, image)
    if output is not None:
        _save(look, output, force)
    if as_json:
        write_json(_document(look))
    elif output is None and sys.stdout.isatty():
        _draw(look)
    elif output is None:
        from cnncli.render.table import write_table

        for line in write_table(look.findings.layer, look.findings.figures):
            write_line(line)


def _check_output(output: str | None, force: bool, as_json: bool) -> None:
    """Raise UsageError for an output that cannot be made, before any work."""
    if output is None:
        return
    from cnncli.model_file.atomic import check_writable

    if output == "-":
        if as_json:
            raise UsageError("--json and -o - both go to stdout; give -o the name of a file")
        if sys.stdout.isatty():
            raise UsageError("stdout is a terminal, which cannot show a PNG; send it to a file")
    elif Path(output).suffix.lower() not in (".png", ".npz"):
        raise UsageError(f"{output}: no such kind of output; use a name that ends in .png or .npz")
    check_writable(output, force=force)


def _look(model: str, layer: str | None, method: str, image: str | None) -> Look:
    import numpy as np

    from cnncli.data.batches.inputs import load_sample
    from cnncli.inspection.activations import map_findings
    from cnncli.inspection.filters import filter_findings
    from cnncli.trained.model import load

    trained = load(model)
    own, weights = trained.preprocessing, trained.model.weights
    if image is None:
        return Look(model, method, None, None, filter_findings(trained.graph, weights, layer, None))
    pixels = load_sample(image, own)
    normalized = np.empty((1, *own.input_shape), np.float32)
    own.normalize(pixels[None], np.zeros(1, np.int64), normalized)
    find = filter_findings if method == "filters" else map_findings
    return Look(model, method, image, pixels, find(trained.graph, weights, layer, normalized[0]))


def _document(look: Look) -> dict[str, Any]:
    findings = look.findings
    names = list(findings.figures)
    rows = zip(*findings.figures.values(), strict=True)
    return {
        "schema": 1,
        "command": "inspect-filters",
        "model": look.model,
        "layer": findings.layer,
        "method": look.method,
        "image": look.image,
        "shape": list(findings.values.shape),
        "filters": [
            {"name": f"{findings.layer}:{index}", "index": index, "dead": None}
            | dict(zip(names, row, strict=True))
            for index, row in enumerate(rows)
        ],
    }


def _save(look: Look, output: str, force: bool) -> None:
    import numpy as np

    from cnncli.model_file.atomic import write_atomically
    from cnncli.render.png import encode_png
    from cnncli.render.sheet import PAGE
    from cnncli.render.sheet_picture import paint_sheet

    if output.lower().endswith(".npz"):
        arrays: dict[str, Any] = {look.method: look.findings.values, **look.findings.figures}
        if look.pixels is not None:
            arrays["image"] = look.pixels
        write_atomically(output, lambda stream: np.savez(stream, **arrays), force=force)
        return
    sheet = _sheet(look, PAGE)
    write_atomically(output, encode_png(paint_sheet(sheet)), force=force)
    if sheet.cut:
        note(f"{output}: {sheet.cut}; a name that ends in .npz gets all of them")


def _draw(look: Look) -> None:
    import shutil

    from cnncli.render.sheet import Capacity
    from cnncli.render.sheet_text import draw_sheet

    width = shutil.get_terminal_size().columns
    columns = max(1, (width - 5) // (look.findings.values.shape[-1] + 1))
    sheet = _sheet(look, Capacity(tiles=64, rows=32, columns=columns, side=1024))
    for line in draw_sheet(sheet, width, _depth()):
        write_line(line)
    if sheet.cut:
        note(f"{sheet.cut}; -o FILE.png draws more of them")


def _depth() -> Depth:
    if not wants_color():
        return "none"
    return "truecolor" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "256"


def _sheet(look: Look, capacity: Capacity) -> Sheet:
    import numpy as np

    from cnncli.render.filter_sheet import lay_out_filters
    from cnncli.render.map_sheet import lay_out_maps

    values, layer = look.findings.values, look.findings.layer
    source = escape_on_terminal(Path(look.model).name)
    size = f"{values.shape[-2]}x{values.shape[-1]}"
    dead = look.findings.figures.get("dead", np.zeros(0)).nonzero()[0].tolist()
    if look.method == "filters":
        title = f"{layer} · {_many(len(values), 'filter')} {size}x{values.shape[1]}"
        color = look.findings.color
        return lay_out_filters(values, title, source, color=color, dead=dead, capacity=capacity)
    assert look.pixels is not None and look.image is not None
    maps = _many(len(values), "feature map")
    title = f"{layer} · {_many(len(values), 'unit') if size == '1x1' else f'{maps} {size}'}"
    source += f" on {escape_on_terminal(Path(look.image).name)}"
    return lay_out_maps(values, look.pixels, title, source, dead=dead, capacity=capacity)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
