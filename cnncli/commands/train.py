"""`cnncli train`: from labeled images to a model file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncli.commands._data_options import fail_for_broken, record_broken
from cnncli.commands._training_options import GROUPS, training_options
from cnncli.errors import UsageError
from cnncli.options import OUTPUT, command, force_option, json_option
from cnncli.terminal import escape_on_terminal, note, write_json, write_line

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData
    from cnncli.graph import Graph
    from cnncli.training.events import Done


@command(
    "cnncli train sample_data/digits -o digits.npz",
    "cnncli train sample_data/digits -o small.npz --arch lenet5 --epochs 3",
    groups=GROUPS,
)
@click.argument("data", metavar="DATA")
@click.option("-o", "--output", required=True, type=OUTPUT, metavar="MODEL.npz",
              help="The model file to write.")  # fmt: skip
@click.option("--log", type=OUTPUT, metavar="FILE.jsonl",
              help="Write a line of JSON per epoch to this file; see `cnncli curves`.")  # fmt: skip
@training_options
@force_option
@json_option
def train(
    data: str, output: str, log: str | None, force: bool, as_json: bool, **options: Any
) -> None:
    """Train a network on labeled images or signals and write it to one file.

    DATA is a folder with one folder per class; a folder with train/ and val/; a .csv, .tsv or
    .jsonl list of path,label (- for stdin); a .npz with x and y; a folder of IDX files; or a folder
    with images/ and masks/, from which tiles of --img-size are cut. Signals are .wav files, columns
    of .csv or .tsv files, .npy arrays or rows of a .npz.

    Labels are classes. Labels joined by |, such as a|b, give an image several labels. Other columns
    than label, such as path,height,width, or a float y, are numbers to learn.

    What you leave out is chosen by the number and size of the images or signals, and printed. The
    best epoch by --monitor is kept; an interrupted training keeps the best one so far. See also
    `cnncli help data` and `cnncli help training`.
    """
    from cnncli.commands._model_output import check_model_output
    from cnncli.commands._training_events import follow
    from cnncli.commands._training_log import open_log
    from cnncli.commands._training_preparation import prepare_training
    from cnncli.training import run

    if as_json and output == "-":
        raise UsageError("-o - writes the model to stdout, where --json goes; give a file")
    check_model_output(output, force=force)
    log_file = open_log(log, output, force=force, as_json=as_json)
    prepared = prepare_training(data, options)
    events = run.train(output, prepared.data, prepared.graph, prepared.settings)
    done = follow(events, prepared.data, log_file)
    record = _record(done, prepared.data, prepared.graph)
    if as_json:
        write_json(record)
    else:
        (note if "-" in (output, log) else write_line)(_summary(record, prepared.data))
    fail_for_broken(prepared.data.broken)


def _record(done: Done, data: TrainingData, graph: Graph) -> dict[str, Any]:
    """Return what --json writes."""
    task = data.task
    return {
        "schema": 1,
        "command": "train",
        "model": done.saved.path,
        "arch": graph.text,
        "params": graph.params,
        task.plural: list(task.outputs),
        "train_images": len(data.train),
        "val_images": len(data.val),
        **done.saved.figures,
        "seconds": done.seconds,
        "images_per_second": done.samples_per_second,
        "sha256": done.saved.sha256,
        **({"task": task.name} if task.to_manifest() else {}),
        **record_broken(data.broken),
    }


def _summary(record: dict[str, Any], data: TrainingData) -> str:
    """Return the record as a line for people."""
    name = escape_on_terminal(record["model"])
    if not record["epochs_run"]:
        return f"{name}: untrained network of {record['params']} parameters"
    parts = [f"{name}: epoch {record['best_epoch']} of {record['epochs_run']}"]
    if all(record[name] is not None for name in data.task.monitors):
        parts.append(data.task.words.summarize_validation(record, data.preprocessing.noun))
    else:
        parts.append(f"train loss {record['train_loss']:.4f}")
    return ", ".join([*parts, f"{record['params']} parameters", f"{record['seconds']:.1f} s"])
