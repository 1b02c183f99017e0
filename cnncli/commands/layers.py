"""`cnncli layers`: what an architecture can be made of."""

from __future__ import annotations

from typing import Any

import click

from cnncli.errors import UsageError, did_you_mean
from cnncli.options import command, json_option
from cnncli.terminal import wrap_below, write_json, write_line


@command("cnncli layers", "cnncli layers conv")
@click.argument("name", metavar="[NAME]", required=False)
@json_option
def layers(name: str | None, as_json: bool) -> None:
    """List the layers an architecture can be made of, or show one of them.

    Settings are given by name, or in this order. The value after = is used if a setting is left
    out. Of one layer, what each setting takes is shown, too.
    """
    from cnncli.layers import LAYERS
    from cnncli.notation.expansion import OPERATORS, list_named_layers

    if name is not None and name not in list_named_layers():
        hint = did_you_mean(name, [*list_named_layers(), *OPERATORS]) or "; see 'cnncli layers'"
        raise UsageError(f"no layer is called {name!r}{hint}")
    descriptions: list[dict[str, Any]] = [
        {
            "name": kind,
            "summary": LAYERS[kind].summary,
            "settings": [_describe(field) for field in LAYERS[kind].settings()],
        }
        for kind in ([name] if name else list_named_layers())
    ]
    if as_json:
        write_json({"schema": 1, "command": "layers", "layers": descriptions})
        return
    for description in descriptions:
        write_line(description["name"] + _write_signature(description["settings"]))
        for line in wrap_below(description["summary"]):
            write_line(line)
    if name is not None and descriptions[0]["settings"]:
        write_line()
        for line in _tabulate(descriptions[0]["settings"]):
            write_line(line)


def _describe(field: Any) -> dict[str, Any]:
    """Return what there is to know about a setting; its default as it would be typed."""
    from dataclasses import MISSING

    kind, default = field.metadata["kind"], field.default
    text = None
    if default is None:
        text = "size"  # the stride of a pool is its size where none is given
    elif default is not MISSING:
        text = kind.write(default)
    return {
        "name": field.name,
        "expects": kind.expects,
        "required": default is MISSING,
        "default": text,
    }


def _tabulate(settings: list[dict[str, Any]]) -> list[str]:
    """Return a line per setting: its name, what is used without it, what it takes."""
    rows = [("setting", "default", "takes")]
    for setting in settings:
        default = "required" if setting["required"] else setting["default"]
        rows.append((setting["name"], default, setting["expects"]))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [f"{name:{widths[0]}}  {default:{widths[1]}}  {takes}" for name, default, takes in rows]


def _write_signature(settings: list[dict[str, Any]]) -> str:
    words = [
        setting["name"] if setting["required"] else f"{setting['name']}={setting['default']}"
        for setting in settings
    ]
    return f"({', '.join(words)})" if words else ""
