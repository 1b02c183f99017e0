"""`cnncli train`: from labeled images to a model file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cnncli.commands._complete_training import (
    check_data,
    describe_done,
    load_complete,
    refuse_other_training,
    take_over_model,
    wants_more,
)
from cnncli.commands._data_options import fail_for_broken, record_broken
from cnncli.commands._dry_run import foresee_training
from cnncli.commands._resuming import (
    choose_settings,
    find_checkpoint,
    list_changed,
    list_given,
    refuse_contradictions,
    take_over,
)
from cnncli.commands._training_options import GROUPS, training_options
from cnncli.errors import UsageError
from cnncli.options import OUTPUT, command, force_option, json_option
from cnncli.terminal import escape_on_terminal, note, write_json, write_line
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.commands._training_log import Log
    from cnncli.commands._training_preparation import Prepared
    from cnncli.data.unreadable import FileError
    from cnncli.graph import Graph
    from cnncli.tasks import Task
    from cnncli.trained.model import Trained
    from cnncli.training.checkpoint import Checkpoint
    from cnncli.training.events import Done
    from cnncli.training.state import State


@command(
    "cnncli train sample_data/digits -o digits.npz",
    "cnncli train sample_data/digits -o small.npz --arch lenet5 --epochs 3",
    groups=GROUPS,
)
@click.argument("data", metavar="DATA")
@click.option("-o", "--output", type=OUTPUT, metavar="MODEL.npz",
              help="The model file to write.  [required unless --dry-run]")  # fmt: skip
@click.option("-n", "--dry-run", is_flag=True,
              help="Write nothing: show layers, memory, and the time by a few steps.")  # fmt: skip
@click.option("--log", type=OUTPUT, metavar="FILE.jsonl",
              help="Write a line of JSON per epoch to this file; see `cnncli curves`.")  # fmt: skip
@click.option("--resume", is_flag=True,
              help="Go on with a training that was stopped, by its own options, to the same "
              "bytes; or with a complete one for more --epochs. Else begin.")  # fmt: skip
@training_options
@force_option
@json_option
def train(
    data: str,
    output: str | None,
    dry_run: bool,
    log: str | None,
    resume: bool,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a network on labeled images or signals and write it to one file.

    DATA is a folder with one folder per class; a folder with train/ and val/; a .csv, .tsv or
    .jsonl list of path,label (- for stdin); a .npz with x and y; a folder of IDX files; or a folder
    with images/ and masks/, from which tiles of --img-size are cut. Signals are .wav files, columns
    of .csv or .tsv files, .npy arrays or rows of a .npz.

    Labels are classes. Labels joined by |, such as a|b, give an image several labels. Other columns
    than label, such as path,height,width, or a float y, are numbers to learn.

    What you leave out is chosen by the number and size of the images or signals, and printed. The
    best epoch by --monitor is kept. An interrupted training keeps the best one so far, and
    MODEL.npz.ckpt, from which --resume goes on. See also `cnncli help data` and `cnncli help
    training`.
    """
    from cnncli.commands._model_output import check_model_output
    from cnncli.commands._training_log import open_log
    from cnncli.training.lock import lock_model

    if output is None and not dry_run:
        raise UsageError("missing option '-o' / '--output'; see 'cnncli train --help'")
    if as_json and output == "-":
        raise UsageError("-o - writes the model to stdout, where --json goes; give a file")
    if output is not None:
        check_model_output(output, force=force or resume)
    log_file = open_log(log, output, force=force or resume, as_json=as_json)
    if dry_run and resume:
        raise UsageError("--dry-run is about a whole training; leave --resume out")
    if output is None or dry_run:
        foresee_training(data, options, as_json=as_json)
        return
    with lock_model(output):
        trained = load_complete(output) if resume else None
        if trained is not None and not force:
            refuse_other_training(trained, options)
        if trained is None:
            checkpoint = find_checkpoint(output, resume=resume, force=force)
            outcome = _train(output, data, options, checkpoint, log_file, force=force)
        elif wants_more(trained, options):
            outcome = _train_further(output, data, options, trained, log_file, force=force)
        else:
            note(f"{output}: the training is complete")
            outcome = _describe_complete(output, trained)
    record = _record(outcome)
    if as_json:
        write_json(record)
    else:
        (note if "-" in (output, log) else write_line)(_summary(record, outcome))
    fail_for_broken(outcome.broken)


class Outcome(Value):
    """What there is to say of a training in the end."""

    done: Done
    graph: Graph
    task: Task
    noun: str  # what a sample is called
    counts: tuple[int, int]  # samples to train and to validate on
    broken: tuple[FileError, ...] = ()  # what is wrong with the files that were left out


def _describe_complete(output: str, trained: Trained) -> Outcome:
    training = trained.model.training
    counts = (training["train_images"], training["val_images"])
    done, noun = describe_done(output, trained), trained.preprocessing.noun
    return Outcome(done, trained.graph, trained.task, noun, counts)


def _train(
    output: str,
    data: str,
    options: dict[str, Any],
    checkpoint: Checkpoint | None,
    log: Log | None,
    *,
    force: bool,
) -> Outcome:
    """Train from the beginning, or go on from a checkpoint."""
    from cnncli.commands._training_events import describe_place
    from cnncli.commands._training_preparation import prepare_training

    if checkpoint is None:
        given = list_given(options)
        return _run(output, prepare_training(data, options), given, None, log)
    state, changes = checkpoint.state, list_changed(checkpoint, options)
    if not force:
        refuse_contradictions(output, checkpoint, changes)
    note(f"going on after {describe_place(len(state.epochs), state.batches)}")
    take_over(checkpoint.options, options)
    given = list_given(options)
    if options["budget"] is not None:  # it has chosen the epochs already
        options["epochs"] = options["epochs"] or checkpoint.settings.epochs
        options["budget"] = None
    prepared = prepare_training(data, options, checkpoint)
    if not force:
        prepared = replace(prepared, settings=choose_settings(checkpoint, prepared, changes))
    return _run(output, prepared, given, state, log)


def _train_further(
    output: str,
    data: str,
    options: dict[str, Any],
    trained: Trained,
    log: Log | None,
    *,
    force: bool,
) -> Outcome:
    """Train a network whose training was complete for more epochs."""
    from cnncli.commands._training_preparation import prepare_training
    from cnncli.training.further import go_further, take_up

    take_over_model(trained, options)
    given = list_given(options)
    prepared = prepare_training(data, options, trained)
    if not force:
        check_data(data, trained, prepared)
    prepared = replace(prepared, settings=go_further(trained, prepared.settings))
    return _run(output, prepared, given, take_up(trained, prepared.settings), log)


def _run(
    output: str, prepared: Prepared, given: dict[str, Any], state: State | None, log: Log | None
) -> Outcome:
    """Train what was prepared, by options that were given, from a state on."""
    from cnncli.commands._training_events import follow
    from cnncli.training import run

    data, graph = prepared.data, prepared.graph
    events = run.train(
        output,
        data,
        graph,
        prepared.settings,
        options=given,
        inherited=prepared.inherited,
        state=state,
        deadline=prepared.deadline,
    )
    done, counts = follow(events, data, log), (len(data.train), len(data.val))
    return Outcome(done, graph, data.task, data.train.noun, counts, data.broken)


def _record(outcome: Outcome) -> dict[str, Any]:
    """Return what --json writes."""
    done, task = outcome.done, outcome.task
    train_images, val_images = outcome.counts
    return {
        "schema": 1,
        "command": "train",
        "model": done.saved.path,
        "arch": outcome.graph.text,
        "params": outcome.graph.params,
        task.plural: list(task.outputs),
        "train_images": train_images,
        "val_images": val_images,
        **done.saved.figures,
        "seconds": done.seconds,
        "images_per_second": done.samples_per_second,
        "sha256": done.saved.sha256,
        **({"task": task.name} if task.to_manifest() else {}),
        **record_broken(outcome.broken),
    }


def _summary(record: dict[str, Any], outcome: Outcome) -> str:
    """Return the record as a line for people."""
    task = outcome.task
    name = escape_on_terminal(record["model"])
    if not record["epochs_run"]:
        return f"{name}: untrained network of {record['params']} parameters"
    parts = [f"{name}: epoch {record['best_epoch']} of {record['epochs_run']}"]
    if all(record[name] is not None for name in task.monitors):
        parts.append(task.words.summarize_validation(record, outcome.noun))
    else:
        parts.append(f"train loss {record['train_loss']:.4f}")
    return ", ".join([*parts, f"{record['params']} parameters", f"{record['seconds']:.1f} s"])
