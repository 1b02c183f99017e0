"""The command line that trains a network again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from cnncli.commands._complete_training import list_options

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


def write_training_command(trained: Trained, name: str) -> str:
    """Return the command that makes the same file again, DATA standing for the data.

    A network that began from another needs that one, too, which MODEL.npz stands for.
    """
    from cnncli.commands.train import train

    values = list_options(trained)
    if values.get("inherited_from"):
        values |= {"init_from": "MODEL.npz"}
    words = ["cnncli", "train", "DATA", "-o", name]
    for param in train.params:
        value = values.get(str(param.name))
        if isinstance(param, click.Option) and value not in (None, "", ()):
            words += _write_option(param, value)
    return shlex.join(words)


def _write_option(option: click.Option, value: Any) -> list[str]:
    """Return an option as it is given; nothing where that is its default."""
    if value == option.default:
        return []
    name = max(option.opts, key=len)
    if option.multiple:
        return [word for part in value for word in (name, str(part))]
    if isinstance(value, list | tuple):
        return [name, "x".join(map(str, value))]
    return [name, str(value)]
