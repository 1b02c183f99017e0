"""`train --resume --epochs MORE`: a network whose training was complete, trained further."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnncli.commands._resuming import take_over
from cnncli.errors import DataError

if TYPE_CHECKING:
    from cnncli.commands._training_preparation import Prepared
    from cnncli.trained.model import Trained

COLORS = {1: "gray", 3: "rgb"}


def wants_more(trained: Trained, options: Mapping[str, Any]) -> bool:
    """Say whether more epochs are asked for than a network has been trained for, or was to be."""
    training, epochs = trained.model.training, options["epochs"]
    return epochs is not None and epochs > max(
        training["epochs_run"], training["settings"]["epochs"]
    )


def take_over_model(trained: Trained, options: dict[str, Any]) -> None:
    """Give options the values that a network was trained with, but for those that are given now."""
    settings = trained.model.training["settings"]
    take_over({name: value for name, value in settings.items() if value is not None}, options)
    take_over({"arch": trained.graph.text, **_describe_data(trained)}, options)


def check_data(path: str, trained: Trained, prepared: Prepared) -> None:
    """Raise DataError for other data than a network was trained on."""
    same_input = prepared.data.preprocessing.to_manifest() == trained.model.preprocessing
    if not same_input or prepared.data.origin != trained.origin:
        raise DataError(
            f"{path}: other samples than the network was trained on, or read otherwise; give those "
            "or insist with -f",
            path=path,
        )


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
