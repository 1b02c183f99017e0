"""`cnncli trace`: one neuron's arithmetic, from the pixels it sees to the layers it feeds."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cnncli.commands._opening import open_trained
from cnncli.commands._pictures import check_picture_output
from cnncli.errors import UsageError
from cnncli.options import (
    OUTPUT,
    command,
    force_option,
    json_option,
    max_memory_option,
    model_argument,
    weights_option,
)
from cnncli.terminal import escape_on_terminal, write_json, write_line

if TYPE_CHECKING:
    from cnncli.inspection.neuron import Neuron
    from cnncli.trained.sample import Sample

COLUMNS = 120  # of a text that goes to no terminal


@command(
    "cnncli trace digits.npz seven.png --at conv1:3,14,14",
    "cnncli trace digits.npz seven.png --at conv2:5 -o neuron.png",
)
@model_argument
@click.argument("image", metavar="IMAGE")
@weights_option
@click.option(
    "--at", "neuron", required=True, metavar="LAYER:FILTER,ROW,COLUMN",
    help="Which neuron: LAYER:FILTER,POSITION of a signal, LAYER:UNIT of a dense layer. "
    "LAYER:FILTER is where that filter answers most.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=OUTPUT, metavar="FILE.png", help="Draw the arithmetic as a picture."
)
@max_memory_option
@force_option
@json_option
def trace(
    model: str,
    image: str,
    arch: str | None,
    neuron: str,
    output: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Print one neuron's arithmetic, from the pixels it sees to the layers it feeds.

    Takes neurons of convolutions, dense layers and pools; rows, columns and filters are counted
    from 0. Printed are the window of the layer's input that the neuron reads, products of it with
    the filter, their sum, the bias, what bn and activation make of that, and the layers that read
    it. Of many channels the three that matter most are shown; --json has all of them. A pool's
    weights are its gradient: of a maximum 1 where it is found, of a mean the same everywhere. See
    `cnncli help neurons`.
    """
    from cnncli.inspection.neuron import take_apart

    layer, numbers = _read_neuron(neuron)
    if model == image == "-":
        raise UsageError("stdin can be read only once; give - once")
    check_picture_output(output, (".png",), force=force, as_json=as_json)
    trained = open_trained(model, arch)
    sample = trained.read(image)
    traced = take_apart(trained, sample, layer, numbers)
    if output is not None:
        _draw(traced, sample, model, output, force)
    if as_json:
        write_json(_make_document(traced, model, image))
    elif output is None:
        from cnncli.views.neuron import describe_neuron

        write_line(f"{traced.name} · {traced.text} · {escape_on_terminal(Path(image).name)}")
        for line in describe_neuron(traced, _choose_width()):
            write_line(line)


def _read_neuron(text: str) -> tuple[str, list[int]]:
    """Return the layer and the numbers of LAYER:NUMBER,…; raise UsageError."""
    match = re.fullmatch(r"([^:]+):([0-9]{1,9}(?:,[0-9]{1,9})*)", text.replace(" ", ""))
    if not match:
        raise UsageError(
            f"--at {text!r}: write a layer and numbers from 0 on, such as conv1:3,14,14"
        )
    return match[1], [int(number) for number in match[2].split(",")]


def _draw(neuron: Neuron, sample: Sample, model: str, output: str, force: bool) -> None:
    from cnncli.model_file.atomic import write_atomically
    from cnncli.render.flashlight import paint_flashlight
    from cnncli.render.png import encode_png
    from cnncli.views.flashlight import make_flashlight

    note = f"{Path(model).name} on {Path(sample.name).name}"
    picture = paint_flashlight(make_flashlight(neuron, sample, note))
    write_atomically(output, encode_png(picture), force=force)


def _choose_width() -> int:
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else COLUMNS


def _make_document(neuron: Neuron, model: str, image: str) -> dict[str, Any]:
    window, area = neuron.window, neuron.field
    return {
        "schema": 1,
        "command": "trace",
        "model": model,
        "image": image,
        "layer": neuron.layer,
        "filter": neuron.place.filter,
        "at": neuron.at,
        "field": [area.rows.start, area.columns.start, area.rows.stop, area.columns.stop],
        "channels": window.channels,
        "rows": window.rows,
        "columns": window.columns,
        "patch": window.patch,
        "weights": window.weights,
        "products": neuron.products,
        "sum": neuron.sum,
        "bias": neuron.bias,
        "output": neuron.output,
        "activation": neuron.activation,
        "feeds": [reader.layer for reader in neuron.feeds],
    }
