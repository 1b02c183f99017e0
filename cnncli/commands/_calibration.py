"""`evaluate --calibrate`: a model whose confidence is the share of right answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnncli.data.part import HELD_OUT
from cnncli.errors import DataError, UsageError
from cnncli.model_file import save_model
from cnncli.tasks.temperature import FEWEST
from cnncli.training.calibration import calibrate, divide_logits

if TYPE_CHECKING:
    from cnncli.data.source import LabeledData
    from cnncli.trained.model import Trained

UNCHANGED = 0.001  # how far a temperature may be from 1 and change nothing to speak of


def prepare_calibration(trained: Trained, split: str | None) -> str:
    """Return the part to calibrate on, where no other is asked for: what was held out.

    Raises UsageError for a network that cannot be calibrated, or not on that part.
    """
    if split == "train":
        raise UsageError(
            "--calibrate needs images that the network does not know; leave --split train out"
        )
    name, graph = trained.task.name, trained.graph
    if not trained.task.has_confidence:
        raise UsageError(f"--calibrate is not for {name}, whose answers have no confidence")
    if divide_logits(graph, trained.model.weights, 1.0) is None:
        last = graph.nodes[graph.output].layer.kind
        raise UsageError(
            f"--calibrate divides the weights of the last layer, and this network ends in {last}, "
            "which keeps that from dividing its answers; end it with dense(classes)"
        )
    return split or HELD_OUT


def write_calibrated(
    path: str, trained: Trained, labeled: LabeledData, judged: Any, *, force: bool
) -> dict[str, Any]:
    """Write the network with a temperature found on what it got; return what was found.

    Raises DataError for too few samples, and what `save_model` raises.
    """
    model, task, count = trained.model, trained.task, len(judged)
    if count < FEWEST:
        where, noun = labeled.samples.samples.where, labeled.samples.noun
        raise DataError(
            f"{where}: {count} {noun}s are too few to calibrate on; give {FEWEST} or more",
            path=where,
        )
    result = calibrate(trained.graph, model.weights, task, judged)
    figures = {
        "temperature": result.temperature,
        "ece_before": task.compute_figures(judged)["ece"],
        "ece_after": task.compute_figures(result.judged)["ece"],
    }
    before = model.training.get("temperature")
    total = result.temperature * (before if isinstance(before, int | float) else 1.0)
    calibrated = replace(
        model,
        weights=result.weights,
        task=result.task.to_manifest(),
        training={
            **model.training,
            "temperature": total,
            "calibration": {"split": labeled.split, "images": count, **figures},
        },
    )
    return {**figures, "model": path, "sha256": save_model(path, calibrated, force=force)}


def describe_calibration(record: dict[str, Any]) -> str:
    """Return what was found as a line for people."""
    return (
        f"{record['model']}: temperature {record['temperature']:.4f}, calibration error "
        f"{record['ece_before']:.4f} before, {record['ece_after']:.4f} after"
    )


def find_doubt(record: dict[str, Any], count: int, noun: str) -> str | None:
    """Return what to know of a calibration on `count` samples that gained nothing."""
    if abs(record["temperature"] - 1) < UNCHANGED:
        return f"the model is calibrated on these {noun}s already; others may tell more"
    if record["ece_after"] >= record["ece_before"]:
        return f"the calibration error of {count} {noun}s shows no gain; more may tell"
    return None
