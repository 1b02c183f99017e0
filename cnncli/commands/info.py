"""`cnncli info`: what the file of a network says of itself."""

from __future__ import annotations

import math
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncli.commands._opening import open_trained
from cnncli.errors import UsageError
from cnncli.options import command, json_option, model_argument, weights_option
from cnncli.terminal import escape_on_terminal, write_json, write_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncli.layers.base import Shape
    from cnncli.trained.model import Trained

    Weight = tuple[str, str, Shape]  # name, type and shape of an array

Record = dict[str, Any]

LONG = ("log", "samples")  # of a training, what no reader wants


@command("cnncli info digits.npz", "cnncli info resnet18.pth --arch resnet18 --json")
@model_argument
@weights_option
@json_option
def info(model: str, arch: str | None, as_json: bool) -> None:
    """Print what is in the file of a network: classes, input, how it was trained.

    MODEL is a file of any format that `convert` reads. Of a file with weights alone the arrays are
    listed, unless ARCH says of which network they are.
    """
    from cnncli.exchange import list_weights

    if model == "-":
        raise UsageError("info tells the size and the digest of a file; give its name")
    weights = list_weights(model) if arch is None else None
    if weights is None:
        trained = open_trained(model, arch)
        record, lines = _describe(trained), list(_word(trained))
    else:
        record, lines = _describe_weights(weights), list(_word_weights(weights))
    content = Path(model).read_bytes()
    digest = sha256(content).hexdigest()
    if as_json:
        document = {"schema": 1, "command": "info", "model": model, **record}
        write_json({**document, "bytes": len(content), "sha256": digest})
        return
    for line in [*lines, f"file: {len(content):,} bytes, SHA-256 {digest}"]:
        write_line(escape_on_terminal(line))


def _describe(trained: Trained) -> Record:
    """Return what a model says of itself; a training without its epochs and its samples."""
    model, graph = trained.model, trained.graph
    told = {name: value for name, value in model.training.items() if name not in LONG}
    return {
        "arch": graph.text,
        "input": graph.input_shape,
        "classes": model.classes,
        "task": {"name": trained.task.name, **trained.task.to_manifest()},
        "preprocessing": model.preprocessing,
        "params": graph.params,
        "macs": graph.macs,
        "training": told,
    }


def _word(trained: Trained) -> Iterator[str]:
    """Yield the lines that say the same to people."""
    graph, preprocessing, training = trained.graph, trained.preprocessing, trained.model.training
    yield f"network: {graph.text}"
    size = "x".join(map(str, graph.input_shape))
    yield f"input: {size}, {preprocessing.description}"
    yield f"{trained.task.name}: {trained.task.words.describe()}"
    yield "preprocessing: " + ", ".join(
        f"{name} {_word_value(value)}"
        for name, value in trained.model.preprocessing.items()
        if name not in ("height", "width", "length", "channels")
    )
    yield f"size: {graph.params:,} parameters, {graph.macs:,} multiply-accumulates"
    if "best_epoch" in training:
        figures = trained.task.words.summarize_validation(training, preprocessing.noun)
        yield f"training: epoch {training['best_epoch']} of {training['epochs_run']}, {figures}"
    settings = training.get("settings")
    if isinstance(settings, dict):
        yield "settings: " + ", ".join(
            f"{name} {_word_value(value)}"
            for name, value in settings.items()
            if value not in (None, "")
        )


def _word_value(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_word_value, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _describe_weights(weights: list[Weight]) -> Record:
    """Return the fields of a file that names no network, with its arrays beside."""
    unknown = dict.fromkeys(("arch", "input", "classes", "task", "preprocessing", "training"))
    arrays = [{"name": name, "dtype": kind, "shape": shape} for name, kind, shape in weights]
    return {**unknown, "params": _count(weights), "arrays": arrays}


def _word_weights(weights: list[Weight]) -> Iterator[str]:
    yield f"weights alone: {len(weights)} arrays, {_count(weights):,} numbers"
    for name, kind, shape in weights:
        yield f"{name}: {'x'.join(map(str, shape)) or 'a number'}, {kind}"


def _count(weights: list[Weight]) -> int:
    return sum(math.prod(shape) for _, _, shape in weights)
