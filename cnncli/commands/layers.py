"""`cnncli layers`: what an architecture can be made of."""

from __future__ import annotations

from typing import Any

from cnncli.options import command, json_option
from cnncli.terminal import write_json, write_line


@command("cnncli layers", "cnncli layers --json")
@json_option
def layers(as_json: bool) -> None:
    """List the layers an architecture can be made of, with their settings.

    Settings are given by name, or in this order. The value after = is used if a setting is left
    out.
    """
    from cnncli.layers import LAYERS
    from cnncli.notation.expansion import list_named_layers

    descriptions: list[dict[str, Any]] = [
        {
            "name": kind,
            "summary": LAYERS[kind].summary,
            "settings": [_describe(field) for field in LAYERS[kind].settings()],
        }
        for kind in list_named_layers()
    ]
    if as_json:
        write_json({"schema": 1, "command": "layers", "layers": descriptions})
        return
    for description in descriptions:
        write_line(description["name"] + _write_signature(description["settings"]))
        write_line(f"    {description['summary']}")


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


def _write_signature(settings: list[dict[str, Any]]) -> str:
    words = [
        setting["name"] if setting["required"] else f"{setting['name']}={setting['default']}"
        for setting in settings
    ]
    return f"({', '.join(words)})" if words else ""
