"""`train --resume`: the options of a stopped training, and those that may not contradict them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cnncli.errors import DataError, UsageError, setting

if TYPE_CHECKING:
    from cnncli.commands._training_preparation import Prepared
    from cnncli.training.checkpoint import Checkpoint
    from cnncli.training.settings import Settings

ANY_RUN = {"threads"}  # options that may differ from run to run, for they change no result
OPEN = (None, "auto")  # values that leave it to the program
FREE = {"arch", "val"}  # which can be written in several ways

Changes = Mapping[str, tuple[Any, Any]]  # options by name, with their values now and before


def find_checkpoint(output: str, *, resume: bool, force: bool) -> Checkpoint | None:
    """Return the checkpoint that a training is to go on from; None: it begins.

    Raises UsageError where there is one that nobody asks for, and ModelFileError for one that is
    damaged.
    """
    from cnncli.training.checkpoint import load_checkpoint, locate_checkpoint

    path = locate_checkpoint(output)
    if path is None and resume:
        raise UsageError(f"--resume goes on with a file; {output} is none")
    if path is None or not path.exists():
        return None
    if resume:
        return load_checkpoint(path)
    if not force:
        raise UsageError(
            f"{path}: there is a training that was stopped; --resume goes on with it, -f begins "
            "again",
            path=str(path),
        )
    return None


def list_given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given and can change a result, ready for JSON."""
    source = click.get_current_context().get_parameter_source
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if name not in ANY_RUN and source(name) != ParameterSource.DEFAULT
    }


def take_over(kept: Mapping[str, Any], options: dict[str, Any]) -> None:
    """Give options the values that a training was begun with, but for those that are given now."""
    context = click.get_current_context()
    given = list_given(options)
    for name, value in kept.items():
        if name in options and name not in given:
            options[name] = tuple(value) if isinstance(value, list) else value
            context.set_parameter_source(name, ParameterSource.COMMANDLINE)


def list_changed(checkpoint: Checkpoint, options: Mapping[str, Any]) -> Changes:
    """Return the options that are given another value now, with the values now and before."""
    context = click.get_current_context()
    before = {param.name: _find_default(param, context) for param in context.command.params}
    before |= checkpoint.options
    pairs = {name: (now, before[name]) for name, now in list_given(options).items()}
    return {name: (now, before) for name, (now, before) in pairs.items() if now != before}


def refuse_contradictions(output: str, checkpoint: Checkpoint, changes: Changes) -> None:
    """Raise UsageError for an option that contradicts what a training was begun with.

    Also for a model that another training wrote. To be called before any work begins: where a
    value was left to the program, nobody knows yet whether the one that is given is another.
    """
    from cnncli.training.resuming import check_model

    check_model(output, checkpoint)
    if "budget" in changes:
        raise UsageError("--budget plans a training before it begins; leave it out to go on")
    for name, (now, before) in changes.items():
        if before not in OPEN and name not in FREE and not hasattr(checkpoint.settings, name):
            raise build_refusal(name, now, f"it was {word_value(before)}")


def choose_settings(checkpoint: Checkpoint, prepared: Prepared, changes: Changes) -> Settings:
    """Return the settings of the checkpoint, where the training that was prepared is the same.

    Raises UsageError for an option that contradicts what it was begun with, and DataError for other
    data.
    """
    from cnncli.training import resuming

    settings = checkpoint.settings
    others = resuming.list_other_settings(settings, prepared.settings)
    for name in others:
        if name in changes:
            raise build_refusal(
                name, changes[name][0], f"it was {word_value(getattr(settings, name))}"
            )
    network = resuming.find_other_network(checkpoint, prepared.data, prepared.graph)
    data = resuming.find_other_data(checkpoint, prepared.data)
    if data or network or others:
        for name, (now, _) in changes.items():
            if not hasattr(settings, name):
                raise build_refusal(
                    name, now, network or data or f"{setting(others[0])} was another"
                )
    if data:
        raise DataError(
            f"{data} when the training was stopped; give the data as they were, or insist with -f"
        )
    if network:
        raise UsageError(f"{network} when the training began; -f without --resume begins again")
    return replace(settings, threads=prepared.settings.threads)


def build_refusal(name: str, value: Any, fault: str) -> UsageError:
    """Return the error for an option that contradicts what a training was begun with."""
    return UsageError(
        f"{setting(name)} {word_value(value)}: {fault} when the training began; leave it out, or "
        "insist with -f"
    )


def _find_default(param: click.Parameter, context: click.Context) -> Any:
    """Return the value of an option that is not given; None where that is left to the program."""
    value = param.get_default(context)
    return value if isinstance(value, bool | int | float | str) else None


def word_value(value: Any) -> str:
    """Return a value as it is given on the command line, or nearly so."""
    if isinstance(value, list):
        return "x".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
