"""`cnncli evaluate`: how good a network is on images whose classes are known."""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cnncli.commands._data_options import (
    complain_of_broken,
    fail_for_broken,
    record_broken,
    skip_broken_option,
)
from cnncli.commands._opening import open_trained
from cnncli.errors import GateError, SomeFailed, UsageError
from cnncli.options import (
    OUTPUT,
    SHARE,
    batch_size_option,
    command,
    force_option,
    json_option,
    max_memory_option,
    model_argument,
    threads_option,
    tta_option,
    weights_option,
)
from cnncli.rows import write_row
from cnncli.terminal import Progress, escape_on_terminal, note, write_json, write_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncli.data.dataset import DataSet
    from cnncli.tasks import Task
    from cnncli.trained.runner import Runner


@command(
    "cnncli evaluate digits.npz sample_data/digits",
    "cnncli evaluate digits.npz sample_data/digits --fail-under 0.96 --json",
)
@model_argument
@click.argument("data", metavar="DATA")
@weights_option
@click.option(
    "--split", type=click.Choice(["test", "val", "train", "all"]),
    help="Which part of DATA; val and train are what the network was validated and trained on.  "
    "[default: test if there is one, else val, else all]",
)  # fmt: skip
@click.option(
    "--fail-under",
    type=SHARE,
    metavar="X",
    help="Exit with 6 below this accuracy (masks: share of right pixels; numbers: R2; several "
    "labels: mean average precision).",
)
@click.option(
    "--per-image", type=OUTPUT, metavar="FILE.csv",
    help="Write a row for each image: path, label, predicted, confidence, loss. FILE.tsv has tabs "
    "between them.",
)  # fmt: skip
@click.option("--confusion", type=OUTPUT, metavar="FILE.png",
              help="Draw the confusion matrix.")  # fmt: skip
@tta_option
@click.option("--calibrate", type=OUTPUT, metavar="OUT.npz",
              help="Write a model whose confidence is the share of right answers, found on what "
              "it was validated on, or on DATA that it has not seen.")  # fmt: skip
@skip_broken_option
@force_option
@batch_size_option(None)
@threads_option
@max_memory_option
@json_option
def evaluate(
    model: str,
    data: str,
    arch: str | None,
    split: str | None,
    fail_under: float | None,
    per_image: str | None,
    confusion: str | None,
    tta: bool,
    calibrate: str | None,
    skip_broken: bool,
    force: bool,
    batch_size: int | None,
    threads: int,
    as_json: bool,
) -> None:
    """Measure a trained network on labeled images or signals.

    DATA is what `train` takes; its classes are matched to those of the model by name. The accuracy
    has its 95 % interval (Wilson) beside it. ece is the expected calibration error, over 15 bins.
    Numbers get MAE, RMSE and R2, each and on average. Several labels get the average precision of
    each, and precision, recall and F1 at its threshold.

    An answer that is not finite (NaN, infinity) is never right; --per-image leaves its row empty.
    The exit code is 4 then, and 6 with --fail-under. See also `cnncli help figures`.
    """
    from cnncli.commands._calibration import (
        describe_calibration,
        find_doubt,
        prepare_calibration,
        write_calibrated,
    )
    from cnncli.commands._model_output import check_model_output
    from cnncli.data.source import load_labeled
    from cnncli.model_file.atomic import check_writable, write_atomically

    files = [path for path in (per_image, confusion, calibrate) if path is not None]
    if (model, data).count("-") > 1 or [*files, "-" if as_json else ""].count("-") > 1:
        raise UsageError("stdin and stdout can be used only once each; give - once")
    if confusion and os.path.splitext(confusion)[1].lower() not in ("", ".png"):  # noqa: PTH122
        raise UsageError(f"{confusion}: the matrix becomes a PNG; give a name that ends in .png")
    for path in filter(None, (per_image, confusion)):
        check_writable(path, force=force)
    if calibrate is not None:
        check_model_output(calibrate, force=force)
    trained = open_trained(model, arch, tta=tta)
    task, what = trained.task, trained.preprocessing.noun
    if confusion is not None and not task.has_confusion:
        raise UsageError(f"--confusion is not for {task.name}; leave it out")
    if calibrate is not None:
        split = prepare_calibration(trained, split)
    runner = trained.open_runner(batch_size=batch_size, threads=threads)
    labeled = load_labeled(
        data,
        trained.preprocessing,
        task,
        origin=trained.origin,
        split=split,
        threads=threads,
        skip_broken=skip_broken,
    )
    images = labeled.samples
    complain_of_broken(labeled.broken)
    for notice in labeled.notices:
        note(notice)
    described = task.words.describe_set(images.targets, what)
    note(f"{images.samples.where}: {described} (split: {labeled.split})")
    if tta:
        note(trained.describe_copies())
    judged = _judge(runner, images, task)
    figures = task.compute_figures(judged)
    failed = [name for name, bad in zip(images.names, judged.failed, strict=True) if bad]
    if failed:
        figures["failed"] = len(failed)
    calibration = None
    if calibrate is not None and not failed:
        calibration = write_calibrated(calibrate, trained, labeled, judged, force=force)
        if doubt := find_doubt(calibration, len(images), what):
            note(doubt)
    if per_image is not None:
        delimiter = "\t" if per_image.endswith(".tsv") else ","
        table = _write_table(task.words.tabulate(judged), images, delimiter)
        write_atomically(per_image, table, force=force)
    if confusion is not None:
        title = f"{model} on {data}: {100 * figures[task.gate]:.2f} % right"
        write_atomically(confusion, _draw_confusion(figures, title), force=force)
    if as_json:
        head = {"schema": 1, "command": "evaluate", "split": labeled.split}
        if calibration is not None:
            figures["calibration"] = calibration
        write_json({**head, **trained.averaged, **figures, **record_broken(labeled.broken)})
    else:
        write = note if "-" in files else write_line
        for line in task.words.summarize(figures):
            write(escape_on_terminal(line))
        if calibration is not None:
            write(escape_on_terminal("\n" + describe_calibration(calibration)))
    if failed:
        _complain_of_failed(failed, len(images), what, fail_under)
    reached = figures[task.gate]
    if fail_under is not None and (reached is None or reached < fail_under):
        value = "undefined" if reached is None else f"{reached:.6g}"
        raise GateError(f"{task.gate} {value} is below --fail-under {fail_under:g}")
    fail_for_broken(labeled.broken)


def _judge(runner: Runner, images: DataSet, task: Task) -> Any:
    """Return what a network got on a set, and show how far it is."""
    parts: list[Any] = []
    with Progress(len(images), f"{images.noun}s") as progress:
        for part in runner.judge(images, task):
            parts.append(part)
            progress.update(sum(map(len, parts)))
    return type(parts[0]).join(parts)


def _complain_of_failed(failed: list[str], total: int, what: str, gate: float | None) -> NoReturn:
    """Raise SomeFailed, or GateError where there is a gate, for answers that are not finite."""
    from cnncli.wording import shorten

    message = (
        f"{len(failed)} of {total} {what}s got an answer that is not finite "
        f"({shorten(failed)}); look for extreme values in them, or use another model"
    )
    if gate is not None:
        raise GateError(f"{message}; so --fail-under {gate:g} is not met")
    raise SomeFailed(f"{message}; none of them counts as right")


def _write_table(
    table: tuple[list[str], list[Sequence[Any]]], images: DataSet, delimiter: str
) -> bytes:
    """Return --per-image: a row per image, in the order of the data."""
    header, cells = table
    rows = ([name, *row] for name, row in zip(images.names, cells, strict=True))
    text = "".join(write_row(row, delimiter) + "\n" for row in chain([["path", *header]], rows))
    return text.encode("utf-8", "surrogateescape")


def _draw_confusion(figures: dict[str, Any], title: str) -> bytes:
    from cnncli.render.confusion import paint_confusion
    from cnncli.render.png import encode_png

    names = [row["name"] for row in figures["classes"]]
    return encode_png(paint_confusion(figures["confusion"], names, title))
