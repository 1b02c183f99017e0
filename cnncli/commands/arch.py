"""`cnncli arch`: the networks that are known by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncli.options import command, json_option
from cnncli.terminal import write_json, write_line

if TYPE_CHECKING:
    from cnncli.presets import Preset


@command("cnncli arch", "cnncli arch resnet18 > mine.cnn")
@click.argument("name", metavar="[NAME]", required=False)
@json_option
def arch(name: str | None, as_json: bool) -> None:
    """List the architectures known by name, or print the text of one.

    A printed text can be changed and used: cnncli train photos --arch @mine.cnn -o mine.npz
    """
    from cnncli import presets

    if name is None:
        found = [_figures(presets.get(one)) for one in presets.names()]
        if as_json:
            write_json({"schema": 1, "command": "arch", "presets": found})
        else:
            _list(found)
        return
    preset = presets.get(name)
    if as_json:
        figures = {**_figures(preset), "source": preset.source, "text": preset.text}
        write_json({"schema": 1, "command": "arch", **figures})
    else:
        write_line(preset.text.rstrip("\n"))


def _figures(preset: Preset) -> dict[str, Any]:
    from cnncli.graph import build_graph
    from cnncli.notation import parse

    graph = build_graph(parse(preset.text, preset.classes), preset.input_shape)
    return {
        "name": preset.name,
        "title": preset.title,
        "input": preset.input_shape,
        "classes": preset.classes,
        "params": graph.params,
        "macs": graph.macs,
    }


def _list(found: list[dict[str, Any]]) -> None:
    rows = [("name", "input", "classes", "params", "title")] + [
        (
            one["name"],
            "x".join(map(str, one["input"])),
            str(one["classes"]),
            f"{one['params']:,}",
            one["title"],
        )
        for one in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, size, classes, params, title in rows:
        write_line(
            f"{name:{widths[0]}}  {size:{widths[1]}}  {classes:>{widths[2]}}  "
            f"{params:>{widths[3]}}  {title}"
        )
