"""What a training will take before it has begun, as JSON and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cnncli.graph import Graph
from cnncli.training.demand import Demand
from cnncli.training.rehearsal import Pace
from cnncli.training.settings import Settings
from cnncli.views.shape_table import write_table
from cnncli.views.shapes import report_shapes
from cnncli.wording import write_time

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData

Outlook = dict[str, Any]

PARTS = {  # of the memory
    "program": "the program, measured",
    "data": "samples kept in memory",
    "batches": "batches made ready",
    "weights": "weights and running statistics",
    "optimizer": "moments of the optimizer",
    "step": "values and gradients of a step",
    "validation": "values of the validation",
    "average": "average of the weights, with room to compute it",
    "copies": "copies of the weights: the best epoch, and one that may become it",
    "features": "what frozen layers answer to the samples",
}


def make_outlook(
    data: TrainingData, graph: Graph, settings: Settings, demand: Demand, pace: Pace
) -> Outlook:
    """Return everything as a document: samples, layers, settings, bytes, seconds."""
    counts, task = data.count_samples(), data.task
    shapes = report_shapes(graph, settings.batch_size, settings.threads, explained=False)
    return {
        "schema": 1,
        "command": "train",
        "dry_run": True,
        "arch": graph.text,
        "input": graph.input_shape,
        "params": graph.params,
        task.plural: list(task.outputs),
        "counts": None if counts is None else dict(zip(task.outputs, counts, strict=True)),
        "train_images": len(data.train),
        "val_images": len(data.val),
        "settings": asdict(settings),
        "layers": shapes["layers"],
        "total": shapes["total"],
        "memory": {**vars(demand), "total": demand.total},
        "seconds": {
            "step": pace.step,
            "validation": pace.validation,
            "epoch": pace.epoch,
            "training": pace.epoch * settings.epochs,
        },
    }


def write_outlook(outlook: Outlook) -> Iterator[str]:
    """Yield the table of the layers, then what the training takes of memory and time."""
    settings, memory, seconds = (outlook[name] for name in ("settings", "memory", "seconds"))
    batch_size = settings["batch_size"]
    yield from write_table({**outlook, "batch_size": batch_size})
    yield ""
    yield "memory of the training in bytes"
    width = len(f"{memory['total']:,}")
    for name, text in PARTS.items():
        if memory[name]:
            yield f"  {memory[name]:{width},}  {text}"
    yield f"  {memory['total']:{width},}  in all"
    yield ""
    epochs = f"{settings['epochs']:g}"
    yield f"time     {write_time(seconds['step'])} per step of {batch_size}"
    yield f"         {write_time(seconds['epoch'])} per epoch"
    yield f"         {write_time(seconds['training'])} for {epochs} epochs"
