"""`cnncli arch`: the networks that are known by name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cnncli.errors import UsageError
from cnncli.options import SIZE, command, json_option, note_unusual_size
from cnncli.terminal import note, wrap_below, write_json, write_line

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.layers.base import Shape
    from cnncli.presets import Preset


@command("cnncli arch", "cnncli arch resnet18 --for 32x32x3 > mine.cnn")
@click.argument("name", metavar="[NAME]", required=False)
@click.option(
    "--for", "shape", type=SIZE, metavar="HxWxC",
    help="Adapt a network made for large images to this input size.",
)  # fmt: skip
@json_option
def arch(name: str | None, shape: Shape | None, as_json: bool) -> None:
    """List the architectures known by name, or print the text of one.

    You can change a printed text and use it: cnncli train photos --arch @mine.cnn -o mine.npz. Some
    names take a size: unet(16) is unet with 16 filters in its first layer instead of 64.
    """
    from cnncli import presets

    if name is None:
        if shape is not None:
            raise UsageError("--for: adapt which network? Give its name, such as resnet18")
        catalog = [_measure(presets.get(preset)) for preset in presets.names()]
        if as_json:
            write_json({"schema": 1, "command": "arch", "presets": catalog})
        else:
            _write_table(catalog)
        return
    preset = presets.get(name)
    if shape is not None:
        _write_adapted(preset, shape, as_json)
        return
    figures = {**_measure(preset), "source": preset.source, "text": preset.text}
    if as_json:
        write_json({"schema": 1, "command": "arch", **figures})
    else:
        write_line(preset.text.rstrip("\n"))


def _write_adapted(preset: Preset, shape: Shape, as_json: bool) -> None:
    """Write a preset adapted to inputs of another size; say on stderr what that changed."""
    from cnncli.presets.adaptation import adapt

    note_unusual_size(shape)
    adapted = adapt(preset, shape)
    for change in adapted.changes:
        note(str(change))
    if not adapted.changes:
        note("nothing had to be changed")
    if not as_json:
        write_line(adapted.text.rstrip("\n"))
        return
    changes = [str(change) for change in adapted.changes]
    figures = _describe(preset, adapted.graph) | {"source": preset.source, "changes": changes}
    write_json({"schema": 1, "command": "arch", **figures, "text": adapted.text})


def _measure(preset: Preset) -> dict[str, Any]:
    from cnncli.graph import build_graph
    from cnncli.notation import parse

    graph = build_graph(parse(preset.text, preset.classes), preset.input_shape)
    return _describe(preset, graph)


def _describe(preset: Preset, graph: Graph) -> dict[str, Any]:
    return {
        "name": preset.name,
        "title": preset.title,
        "input": graph.input_shape,
        "classes": preset.classes,
        "params": graph.params,
        "macs": graph.macs,
    }


def _write_table(presets: list[dict[str, Any]]) -> None:
    """Write a line for each; on a terminal, which it would not fit, the title stands below."""
    rows = [("name", "input", "classes", "params", "title")] + [
        (
            preset["name"],
            "x".join(map(str, preset["input"])),
            str(preset["classes"]),
            f"{preset['params']:,}",
            preset["title"],
        )
        for preset in presets
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, size, classes, params, title in rows:
        figures = (
            f"{name:{widths[0]}}  {size:{widths[1]}}  {classes:>{widths[2]}}  {params:>{widths[3]}}"
        )
        lines = [figures, *wrap_below(title)] if sys.stdout.isatty() else [f"{figures}  {title}"]
        for line in lines:
            write_line(line)
