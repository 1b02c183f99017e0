"""`train --resume` where the training is complete: it is told, or more epochs are trained."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncli.commands._resuming import OPEN, build_refusal, list_given, take_over, word_value
from cnncli.errors import DataError

if TYPE_CHECKING:
    from cnncli.commands._training_preparation import Prepared
    from cnncli.trained.model import Trained
    from cnncli.training.events import Done

COLORS = {1: "gray", 3: "rgb"}
READ_OTHERWISE = {"loss", "val"}  # options whose values can be written in several ways


def load_complete(output: str) -> Trained | None:
    """Return the network of a training that is complete; None: there is something left to train.

    Raises ModelFileError for a file that is no model.
    """
    from cnncli.training.checkpoint import locate_checkpoint

    path = locate_checkpoint(output)
    if path is None or path.exists() or not Path(output).exists():
        return None
    from cnncli.trained.model import load

    trained = load(output)
    return None if trained.model.training.get("unfinished") else trained


def refuse_other_training(trained: Trained, options: Mapping[str, Any]) -> None:
    """Raise UsageError for options that a network was not trained with, but for more epochs."""
    given, kept = list_given(options), _describe_data(trained)
    for name in given.keys() & kept.keys() - READ_OTHERWISE:
        if given[name] != kept[name] and given[name] not in OPEN:
            raise build_refusal(name, given[name], f"it was {word_value(kept[name])}")
    now, before = _choose_settings(trained, given), trained.model.training["settings"]
    for name in given.keys() & before.keys():
        if now[name] != before[name] and not (name == "epochs" and wants_more(trained, options)):
            raise build_refusal(name, given[name], f"it was {word_value(before[name])}")


def describe_done(output: str, trained: Trained) -> Done:
    """Return how a training ended that was complete already; that took no time."""
    from cnncli.training.events import Done, Saved

    training = trained.model.training
    names = ("epochs_run", "best_epoch", "train_loss", *trained.task.monitors)
    figures = {name: training.get(name) for name in names}
    sha256 = hashlib.sha256(Path(output).read_bytes()).hexdigest()
    return Done(Saved(output, sha256, figures["best_epoch"], figures, complete=True), 0.0, None)


def wants_more(trained: Trained, options: Mapping[str, Any]) -> bool:
    """Say whether more epochs are asked for than a network has been trained for, or was to be."""
    training, epochs = trained.model.training, options["epochs"]
    return epochs is not None and epochs > max(
        training["epochs_run"], training["settings"]["epochs"]
    )


def take_over_model(trained: Trained, options: dict[str, Any]) -> None:
    """Give options the values that a network was trained with, but for those that are given now."""
    take_over(list_options(trained), options)


def list_options(trained: Trained) -> dict[str, Any]:
    """Return the options that a network was trained with, by name, and its other settings."""
    settings = trained.model.training["settings"]
    given = {name: value for name, value in settings.items() if value is not None}
    return {**given, "arch": trained.graph.text, **_describe_data(trained)}


def check_data(path: str, trained: Trained, prepared: Prepared) -> None:
    """Raise DataError for other data than a network was trained on."""
    same_input = prepared.data.preprocessing.to_manifest() == trained.model.preprocessing
    if not same_input or prepared.data.origin != trained.origin:
        raise DataError(
            f"{path}: other samples than the network was trained on, or read otherwise; give those "
            "or insist with -f",
            path=path,
        )


def _choose_settings(trained: Trained, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a training with these options would have, as a model file has them.

    What is not given may be another.
    """
    from dataclasses import asdict, fields

    from cnncli.commands._training_preparation import read_augment
    from cnncli.training.settings import Settings, choose_settings

    names = {field.name for field in fields(Settings)} | {"momentum"}
    values = {name: value for name, value in given.items() if name in names}
    if "augment" in values:
        values["augment"] = read_augment(values["augment"])
    samples = trained.model.training["train_images"]
    return asdict(choose_settings(values, trained.graph, trained.task, samples))


def _describe_data(trained: Trained) -> dict[str, Any]:
    """Return the options by which the samples of a network are read as they were."""
    kept = trained.model.preprocessing
    options = {
        "task": trained.task.name,
        "loss": str(trained.task.loss),
        "normalize": kept["normalization"],
        "class_weights": trained.model.training.get("class_weights", "none"),
    }
    if trained.origin is not None and trained.origin.fraction is not None:
        options["val"] = str(trained.origin.fraction)
    if trained.preprocessing.noun == "signal":
        return {**options, "length": kept["length"]}
    options["img_size"] = [kept["height"], kept["width"]]
    options["color"] = COLORS.get(kept["channels"], "auto")
    if trained.masks is None:
        return {**options, "resize": kept["resize"]}
    return {**options, "ignore": [str(level) for level in trained.masks.ignored]}
