"""`cnncli evaluate`: how good a network is on images whose classes are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from cnncli.errors import GateError, UsageError
from cnncli.options import (
    batch_size_option,
    command,
    force_option,
    json_option,
    model_argument,
    open_model,
    threads_option,
)
from cnncli.terminal import Progress, note, shown, write_json, write_line

if TYPE_CHECKING:
    from cnncli.data.dataset import ImageSet
    from cnncli.options import Trained
    from cnncli.training.evaluation import Judged

WIDEST_MATRIX = 20  # classes; a larger matrix is for --json or --confusion


@command(
    "cnncli evaluate digits.npz sample_data/digits",
    "cnncli evaluate digits.npz sample_data/digits --fail-under 0.96 --json",
)
@model_argument
@click.argument("data", metavar="DATA")
@click.option(
    "--split", type=click.Choice(["test", "val", "train"]),
    help="Which part of DATA.  [default: test if there is one, else val, else all]",
)  # fmt: skip
@click.option(
    "--fail-under", type=click.FloatRange(0, 1), metavar="X", help="Exit 6 below this accuracy."
)
@click.option(
    "--per-image", metavar="FILE.csv",
    help="Write path, label, predicted, confidence and loss of every image.",
)  # fmt: skip
@click.option("--confusion", metavar="FILE.png", help="Draw the confusion matrix.")
@force_option
@batch_size_option(None)
@threads_option
@json_option
def evaluate(
    model: str,
    data: str,
    split: str | None,
    fail_under: float | None,
    per_image: str | None,
    confusion: str | None,
    force: bool,
    batch_size: int | None,
    threads: int,
    as_json: bool,
) -> None:
    """Measure a trained network on labelled images.

    DATA is what `train` takes; its classes are matched to the model's by name. The accuracy comes
    with its 95 % interval (Wilson), ece is the expected calibration error over 15 bins.
    """
    from cnncli.data.source import load_labelled
    from cnncli.model_file.atomic import check_writable, write_atomically
    from cnncli.training.evaluation import figures

    files = [one for one in (per_image, confusion) if one is not None]
    if (model, data).count("-") > 1 or [*files, "-" if as_json else ""].count("-") > 1:
        raise UsageError("stdin and stdout can be used only once each; give - once")
    for path in files:
        check_writable(path, force=force)
    trained = open_model(model)
    images = load_labelled(
        data, trained.preprocessing, trained.model.classes, split=split, threads=threads
    )
    for notice in images.notices:
        note(notice)
    what, known = f"{trained.preprocessing.what}s", len(set(images.labels))
    note(f"{images.samples.where}: {len(images)} {what} of {known} classes")
    judged = _judge(trained, images, batch_size, threads)
    found = figures(judged, trained.model.classes)
    if per_image is not None:
        write_atomically(per_image, _table(judged, images), force=force)
    if confusion is not None:
        title = f"{model} on {data}: {100 * found['accuracy']:.2f} % right"
        write_atomically(confusion, _picture(found, title), force=force)
    if as_json:
        write_json({"schema": 1, "command": "evaluate", **found})
    else:
        for line in _summary(found):
            (note if "-" in files else write_line)(line)
    if fail_under is not None and found["accuracy"] < fail_under:
        raise GateError(f"accuracy {found['accuracy']:.6g} is below --fail-under {fail_under:g}")


def _judge(trained: Trained, images: ImageSet, batch_size: int | None, threads: int) -> Judged:
    from cnncli.data.loader import Loader
    from cnncli.training.evaluation import Judged, judge_batches
    from cnncli.training.prediction import normalizer, ready

    own = trained.preprocessing
    plan = ready(trained.graph, trained.model.weights, batch_size=batch_size, threads=threads)
    loader = Loader(images, plan.setup.batch, normalizer(own.scale, own.shift), shuffle=False)
    parts: list[Judged] = []
    with Progress(len(images), f"{own.what}s") as progress:
        for part in judge_batches(plan, loader):
            parts.append(part)
            progress.update(sum(len(one.label) for one in parts))
    return Judged.join(parts)


def _table(judged: Judged, images: ImageSet) -> bytes:
    """Return --per-image: a row per image, in the order of the data."""
    import csv
    import io

    import numpy as np

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["path", "label", "predicted", "confidence", "loss"])
    rows.writerows(
        zip(
            images.names,
            [images.classes[i] for i in judged.label],
            [images.classes[i] for i in judged.predicted],
            judged.confidence.astype(np.float32),
            judged.loss.astype(np.float32),
            strict=True,
        )
    )
    return text.getvalue().encode("utf-8", "surrogateescape")


def _picture(found: dict[str, Any], title: str) -> bytes:
    from cnncli.render.confusion import confusion_picture
    from cnncli.render.png import png_bytes

    names = [one["name"] for one in found["classes"]]
    return png_bytes(confusion_picture(found["confusion"], names, title))


def _summary(found: dict[str, Any]) -> Iterator[str]:
    low, high = found["accuracy_interval"]
    yield f"accuracy           {found['accuracy']:.4f}  (95 % interval {low:.4f} to {high:.4f})"
    yield f"top-5 accuracy     {found['top5_accuracy']:.4f}"
    yield f"balanced accuracy  {found['balanced_accuracy']:.4f}"
    yield f"loss               {found['loss']:.4f}"
    yield f"calibration error  {found['ece']:.4f}"
    yield f"images             {found['images']}"
    names = [shown(one["name"]) for one in found["classes"]]
    width = max(map(len, [*names, "class"]))
    yield ""
    yield f"{'class':{width}}  precision  recall      f1  support"
    for name, one in zip(names, found["classes"], strict=True):
        shares = [
            "     -" if one[key] is None else f"{one[key]:.4f}"
            for key in ("precision", "recall", "f1")
        ]
        yield f"{name:{width}}     {'  '.join(shares)}  {one['support']:7}"
    if len(names) <= WIDEST_MATRIX:
        yield ""
        yield from _matrix(found["confusion"], names, width)


def _matrix(confusion: list[list[int]], names: list[str], width: int) -> Iterator[str]:
    """Yield the confusion matrix; its columns have their classes' numbers, as names are long."""
    cell = max(len(str(max(map(max, confusion)))), len(str(len(names)))) + 1
    yield f"{'true':{width}}    predicted"
    yield " " * (width + 4) + "".join(f"{i:{cell}}" for i in range(len(names)))
    for i, (name, row) in enumerate(zip(names, confusion, strict=True)):
        yield f"{name:{width}} {i:2} " + "".join(f"{count:{cell}}" for count in row)
