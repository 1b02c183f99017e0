"""`cnncli layers`: what an architecture can be made of."""

from __future__ import annotations

from typing import Any

import click

from cnncli.errors import UsageError, did_you_mean
from cnncli.options import command, json_option
from cnncli.terminal import wrap_below, write_json, write_line


@command("cnncli layers conv", "cnncli layers --augment")
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--augment", is_flag=True, help="The steps of an augmentation instead of layers.")
@json_option
def layers(name: str | None, augment: bool, as_json: bool) -> None:
    """List the layers an architecture can be made of, or show one of them.

    Settings are given by name, or in this order. The value after = is used if a setting is left
    out. Of one layer, what each setting takes is shown, too.
    """
    groups = _list_steps() if augment else {"": _list_layers()}
    word = "step" if augment else "layer"
    presets = _list_presets() if augment and name is None else []
    if name is not None:
        groups = _select(groups, name, word)
    if as_json:
        members = [
            {**_describe(member, kind), **({"for": group} if group else {})}
            for group, kinds in groups.items()
            for member, kind in kinds.items()
        ]
        record = {"schema": 1, "command": "layers", f"{word}s": members}
        write_json(record | ({"presets": presets} if presets else {}))
        return
    for group, kinds in groups.items():
        if group:
            write_line(f"for {group}s:")
        for member, kind in kinds.items():
            _show(_describe(member, kind), with_settings=name is not None)
    for preset in presets:
        write_line(f"{preset['name']} for {preset['for']}s:")
        for line in wrap_below(preset["text"]):
            write_line(line)


def _list_layers() -> dict[str, Any]:
    from cnncli.layers import LAYERS
    from cnncli.notation.expansion import list_named_layers

    return {kind: LAYERS[kind] for kind in list_named_layers()}


def _list_steps() -> dict[str, dict[str, Any]]:
    """Return the steps of augmentations by the noun of what they are for."""
    from cnncli.augment import STEPS

    return {noun: dict(steps) for noun, steps in STEPS.items() if steps}


def _list_presets() -> list[dict[str, str]]:
    from cnncli.augment.presets import PRESETS

    return [
        {"name": name, "for": kind, "text": text}
        for kind, presets in PRESETS.items()
        for name, text in presets.items()
    ]


def _select(groups: dict[str, dict[str, Any]], name: str, word: str) -> dict[str, dict[str, Any]]:
    """Return what is called so in each group; raise UsageError where nothing is."""
    selected = {group: {name: kinds[name]} for group, kinds in groups.items() if name in kinds}
    if selected:
        return selected
    known = [member for kinds in groups.values() for member in kinds]
    if word == "layer":
        from cnncli.notation.expansion import OPERATORS

        known += OPERATORS
    command = "cnncli layers" + (" --augment" if word == "step" else "")
    hint = did_you_mean(name, known) or f"; see '{command}'"
    raise UsageError(f"no {word} is called {name!r}{hint}")


def _describe(name: str, kind: Any) -> dict[str, Any]:
    from cnncli.settings import settings_of

    settings = [_describe_setting(field) for field in settings_of(kind).values()]
    return {"name": name, "summary": kind.summary, "settings": settings}


def _show(description: dict[str, Any], *, with_settings: bool) -> None:
    settings = description["settings"]
    write_line(description["name"] + _write_signature(settings))
    for line in wrap_below(description["summary"]):
        write_line(line)
    if with_settings and settings:
        write_line()
        for line in _tabulate(settings):
            write_line(line)


def _describe_setting(field: Any) -> dict[str, Any]:
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
