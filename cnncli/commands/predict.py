"""`cnncli predict`: what a network sees in images."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import click

from cnncli.commands._opening import open_trained
from cnncli.errors import SomeFailed, UsageError
from cnncli.options import (
    IMAGE_SIZE,
    OUTPUT,
    SHARE,
    batch_size_option,
    command,
    conv_algo_option,
    force_option,
    json_option,
    max_memory_option,
    model_argument,
    threads_option,
    tta_option,
    weights_option,
)
from cnncli.terminal import Progress, name_options, note

if TYPE_CHECKING:
    from cnncli.trained.answers import Answer
    from cnncli.trained.masks import MaskWriter
    from cnncli.trained.model import Trained

FORMATS = ("plain", "jsonl", "csv", "tsv")


@command(
    "cnncli predict digits.npz sample_data/digits/test",
    "find sample_data -name '*.png' | cnncli predict digits.npz --files-from -",
)
@model_argument
@click.argument("inputs", metavar="[INPUT...|-]", nargs=-1)
@weights_option
@click.option(
    "--files-from", metavar="FILE|-",
    help="Read paths from a file or stdin, one per line, as they come.",
)  # fmt: skip
@click.option("-0", "--null", is_flag=True, help="These paths end with a zero byte, not a newline.")
@click.option(
    "-k", "--top-k", type=click.IntRange(1), metavar="N",
    help="How many classes to print.  [default: 1]",
)  # fmt: skip
@click.option(
    "--min-confidence", type=SHARE, metavar="X",
    help="Print no class that is less likely. If none is left, the label is null (plain: unknown). "
    "For several labels: replaces the thresholds in the model.",
)  # fmt: skip
@batch_size_option(None)
@click.option("--format", "form", type=click.Choice(FORMATS), default=None, help="[default: plain]")
@click.option(
    "--with-errors", is_flag=True,
    help="csv, tsv: a last column says why an input could not be predicted.",
)  # fmt: skip
@json_option
@click.option(
    "--output-kind", "kind", default="probs", show_default=True, metavar="KIND",
    help="probs, logits, or features:LAYER, with LAYER as `shape-calc` names it: height x width x "
    "channels in JSON, the same values row by row in plain, csv and tsv.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=OUTPUT, metavar="DIR|FILE.png",
    help="Write the mask of each image there, as a PNG with its name, or that of a single image "
    "into a file (for networks with masks).",
)  # fmt: skip
@click.option(
    "--overlay",
    is_flag=True,
    help="Write the image tinted in the colors of its classes, with a legend, instead.",
)
@click.option(
    "--tile", type=IMAGE_SIZE, metavar="N|HxW",
    help="Largest part of an image to work on at a time; the mask does not depend on it.",
)  # fmt: skip
@force_option
@tta_option
@click.option("--latency", is_flag=True, help="Predict each image alone, as soon as it is read.")
@conv_algo_option
@threads_option
@max_memory_option
def predict(
    model: str,
    inputs: tuple[str, ...],
    arch: str | None,
    files_from: str | None,
    null: bool,
    top_k: int | None,
    min_confidence: float | None,
    batch_size: int | None,
    form: str | None,
    with_errors: bool,
    as_json: bool,
    kind: str,
    output: str | None,
    overlay: bool,
    tile: tuple[int, int] | None,
    force: bool,
    tta: bool,
    latency: bool,
    conv_algo: str,
    threads: int,
) -> None:
    """Print what is in images or signals: one line for each, in input order.

    INPUT is an image file, a folder with all folders in it, a .npz or .npy array of one image or
    many, or - for the bytes of one image on stdin. If the network takes signals, it is a .wav,
    .csv, .tsv or .npy file, a folder, a .npz batch, or - for the bytes of one signal. What cannot
    be read is reported in its place, the rest goes on, and the exit code is 4.

    jsonl (the same as --json) gives path, label, confidence and top; for numbers path and values,
    for several labels path and labels. csv and tsv have a header. Results do not depend on the
    batch size.

    A network trained on masks gives the share of the pixels of each class and, with -o, a mask with
    the levels or colors of the training masks. Its images may have any size.
    """
    if as_json and form not in (None, "jsonl"):
        raise UsageError(f"--json means --format jsonl, not {form}; give one of them")
    if with_errors and form not in ("csv", "tsv"):
        raise UsageError("--with-errors is for --format csv and tsv; the others say it anyway")
    if latency and batch_size not in (None, 1):
        raise UsageError("--latency answers single images; leave --batch-size out")
    from cnncli.commands._records import make_writer
    from cnncli.trained.answers import make_record

    paths = _join_inputs(model, inputs, files_from, null)
    trained = open_trained(model, arch, tta=tta)
    task, what = trained.task, trained.preprocessing.noun
    if not task.has_confidence and (top_k, min_confidence) != (None, None):
        raise UsageError(f"--top-k and --min-confidence are not for {task.name} models")
    layer = _find_layer(kind, trained)
    if layer and tta:
        raise UsageError(f"--output-kind {kind}: is of the image alone; leave --tta out")
    if trained.masks and (layer or latency or batch_size or kind == "logits"):
        raise UsageError(
            "--output-kind, --latency and --batch-size are not for masks; leave them out"
        )
    if not trained.masks and (output or overlay or tile):
        raise UsageError("-o, --overlay and --tile are for networks that make masks")
    answers = trained.answers(
        paths,
        layer=layer,
        batch_size=1 if latency else batch_size,
        latency=latency,
        threads=threads,
        conv_algo=conv_algo,
        tile=tile,
    )
    if tta:
        note(trained.describe_copies())
    single = not files_from and len(inputs) == 1 and not os.path.isdir(inputs[0])  # noqa: PTH112
    masks = _open_mask_writer(trained, output, overlay, force, single=single)
    form = "jsonl" if as_json else form or "plain"
    write = make_writer(form, trained, top_k, kind, layer, with_errors=with_errors)
    failed = count = 0
    with Progress(None, f"{what}s") as progress:
        for count, answer in enumerate(_note_once(answers), 1):
            record = make_record(answer, task, top_k, min_confidence)
            if kind == "logits" and "error" not in record:
                record["logits"] = answer.output
            if answer.features is not None:
                record["features"] = answer.features
            if masks is not None:
                record = masks.add_mask(record, answer)
            if "error" in record:
                record["error"] = name_options(record["error"])
                failed += 1
            else:
                record |= trained.averaged
            write(record)
            if not sys.stdout.isatty():
                progress.update(count)
    if not count:
        note(f"no {what}s in the input")
    if failed:
        raise SomeFailed(f"{failed} of {count} {what}s could not be predicted")


def _join_inputs(
    model: str, inputs: tuple[str, ...], listed: str | None, null: bool
) -> Iterable[str]:
    """Return the inputs in order: those of the command line, then those of --files-from."""
    from cnncli.data.batches.inputs import read_paths

    if not inputs and listed is None:
        raise UsageError("no images; give files, a folder, --files-from, or - for stdin")
    if null and listed is None:
        raise UsageError("--null is about --files-from, which is not given")
    if [model, *inputs, listed].count("-") > 1:
        raise UsageError("stdin can be read only once; give - once")
    if sys.stdin is None and "-" in [*inputs, listed]:
        raise UsageError("stdin is closed; give files instead of -")
    return chain(inputs, read_paths(listed, null=null) if listed is not None else ())


def _note_once(answers: Iterable[Answer]) -> Iterator[Answer]:
    """Yield the answers; show the first notice about a sample."""
    noticed = False
    for answer in answers:
        if answer.notice and not noticed:
            note(f"{answer.name}: {answer.notice}")
            noticed = True
        yield answer


def _open_mask_writer(
    trained: Trained, target: str | None, colored: bool, force: bool, *, single: bool
) -> MaskWriter | None:
    """Return what writes masks, None where that is not asked for; raise UsageError.

    `single`: there is a single image, whose mask may go to a file.
    """
    if target is None:
        if colored:
            raise UsageError("--overlay is about -o, which is not given")
        return None
    if target in ("", "-"):
        raise UsageError("-o takes a folder for the masks, which stdout is not; name one")
    from cnncli.data.images.file import EXTENSIONS
    from cnncli.trained.masks import MaskWriter

    extension = os.path.splitext(target)[1].lower()  # noqa: PTH122
    is_file = extension in EXTENSIONS and not os.path.isdir(target)  # noqa: PTH112
    if is_file and extension != ".png":
        raise UsageError(f"-o {target}: masks are written as PNG; give a name that ends in .png")
    if is_file and not single:
        raise UsageError(f"-o {target}: a file takes the mask of one image; give a folder")
    assert trained.masks is not None
    return MaskWriter(target, trained.masks, single=is_file, colored=colored, force=force)


def _find_layer(kind: str, trained: Trained) -> str | None:
    """Return the layer of features:LAYER; raise UsageError for a kind that does not exist."""
    if kind in ("probs", "logits"):
        return None
    word, _, layer = kind.partition(":")
    names = [node.name for node in trained.graph.nodes]
    if word != "features" or not layer:
        raise UsageError(f"--output-kind {kind}: give probs, logits or features:LAYER")
    if layer not in names:
        raise UsageError(f"--output-kind {kind}: no such layer; there are {', '.join(names)}")
    return layer
