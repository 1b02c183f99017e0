"""The options that an architecture brings along, in its comment `# train: …`."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from cnncli.errors import UsageError
from cnncli.presets.comments import read_recipe


def apply_recipe(text: str, options: dict[str, Any]) -> None:
    """Let the options in the comment of an architecture stand where nobody gives them.

    `options` are those that it may change, by name. Raises UsageError for any other.
    """
    try:
        _apply(read_recipe(text), options)
    except (click.UsageError, ValueError) as error:
        fault = error.format_message() if isinstance(error, click.UsageError) else str(error)
        fault = f"{fault[:1].lower()}{fault[1:]}".rstrip(".")
        raise UsageError(f"'# train: …' in the architecture: {fault}; mend the comment") from error


def _apply(words: list[str], options: dict[str, Any]) -> None:
    """Read words as the command line is read; raise click.UsageError or ValueError."""
    context = click.get_current_context()
    values, _, named = context.command.make_parser(context).parse_args(words)
    for parameter in named:
        name, value = parameter.name or "", values[parameter.name]
        if isinstance(parameter, click.Argument) and not isinstance(value, str):
            continue  # DATA, which the comment rightly leaves out
        if name not in options:
            raise ValueError(f"{max(parameter.opts, key=len)} is not about how to train")
        if context.get_parameter_source(name) == ParameterSource.DEFAULT:
            options[name] = parameter.type_cast_value(context, value)
