"""`cnncli layers`: what an architecture can be made of."""

from __future__ import annotations

from typing import Any

from cnncli.options import command, json_option
from cnncli.terminal import write_json, write_line


@command("cnncli layers", "cnncli layers --json")
@json_option
def layers(as_json: bool) -> None:
    """List the layers an architecture can be made of, with their settings.

    Settings are given by name, or by position in this order; what stands behind = is used where one
    is left out.
    """
    from cnncli.layers import LAYERS
    from cnncli.notation.expansion import typed_layers

    found: list[dict[str, Any]] = [
        {
            "name": kind,
            "summary": LAYERS[kind].summary,
            "settings": [_described(setting) for setting in LAYERS[kind].settings()],
        }
        for kind in typed_layers()
    ]
    if as_json:
        write_json({"schema": 1, "command": "layers", "layers": found})
        return
    for one in found:
        write_line(one["name"] + _signature(one["settings"]))
        write_line(f"    {one['summary']}")


def _described(setting: Any) -> dict[str, Any]:
    """Return what there is to know about a setting; its default as it would be typed."""
    from dataclasses import MISSING

    kind, default = setting.metadata["kind"], setting.default
    required = default is MISSING
    written = None if required else kind.write(default) if default is not None else "size"
    return {  # "size": only the stride of a pool has no default of its own
        "name": setting.name,
        "expects": kind.expects,
        "required": required,
        "default": written,
    }


def _signature(settings: list[dict[str, Any]]) -> str:
    words = [
        one["name"] if one["required"] else f"{one['name']}={one['default']}" for one in settings
    ]
    return f"({', '.join(words)})" if words else ""
