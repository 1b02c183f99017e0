"""`cnncli preview`: what a network would see of the samples it is trained on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cnncli.commands._pictures import check_picture_output
from cnncli.commands._training_options import preview_options
from cnncli.options import OUTPUT, command, force_option, json_option
from cnncli.terminal import choose_depth, escape_on_terminal, write_json, write_line

if TYPE_CHECKING:
    from cnncli.augment import Augmentation
    from cnncli.data.batches.preview import Pair
    from cnncli.tasks import Task

MOST = 1000  # samples


@command(
    "cnncli preview sample_data/digits --augment light",
    "cnncli preview sample_data/digits --augment 'rotate(15), mixup' -o grid.png",
)
@click.argument("data", metavar="DATA")
@click.option("-n", "count", type=click.IntRange(1, MOST), default=8, show_default=True,
              metavar="N", help="How many samples to show.")  # fmt: skip
@click.option("-o", "--output", type=OUTPUT, metavar="FILE.png", help="Write a picture.")
@preview_options
@force_option
@json_option
def preview(
    data: str, count: int, output: str | None, force: bool, as_json: bool, **options: Any
) -> None:
    """Show samples as they are, and below each what a network would see of it.

    They are the first samples of a training with the same options and seed, as its first epoch
    takes them. Where samples are mixed, the share of each class is given. Masks lie over their
    images; signals are drawn as curves.

    Without --output the samples are drawn in the terminal, or listed with their labels if stdout is
    not a terminal. See also `cnncli help augmentation`.
    """
    from cnncli.augment.text import read_augmentation
    from cnncli.commands._training_preparation import load_data, read_augment
    from cnncli.data.batches.preview import list_pairs
    from cnncli.training.automatic import choose_augmentation

    check_picture_output(output, (".png",), force=force, as_json=as_json)
    text = read_augment(options["augment"])
    training = load_data(data, (), {**options, "loss": None, "class_weights": "none"})
    shape = training.preprocessing.input_shape
    text = text or choose_augmentation(training.task, shape, len(training.train))
    augmentation = read_augmentation(text, shape)
    augmentation.check(training.task.name, shape)
    pairs = list_pairs(training.train, count, augmentation, seed=options["seed"])
    if output is not None:
        _save(output, pairs, training.task, _write_title(data), augmentation, force=force)
    if as_json:
        write_json(_make_document(pairs, training.task, augmentation))
    elif output is None and sys.stdout.isatty():
        _draw(pairs, training.task, _write_title(data), augmentation)
    elif output is None:
        for pair in pairs:
            write_line(_describe(pair, training.task))


def _write_title(path: str) -> str:
    return "stdin" if path == "-" else escape_on_terminal(path)


def _save(
    output: str,
    pairs: Sequence[Pair],
    task: Task,
    title: str,
    augmentation: Augmentation,
    *,
    force: bool,
) -> None:
    from cnncli.model_file.atomic import write_atomically
    from cnncli.render.png import encode_png
    from cnncli.views.preview import make_preview_sheet, paint_preview

    sheet = make_preview_sheet(pairs, task, augmentation, title)
    write_atomically(output, encode_png(paint_preview(sheet, task)), force=force)


def _draw(pairs: Sequence[Pair], task: Task, title: str, augmentation: Augmentation) -> None:
    import shutil

    from cnncli.render.sheet_text import draw_sheet
    from cnncli.views.preview import make_preview_sheet

    sheet = make_preview_sheet(pairs, task, augmentation, title)
    for line in draw_sheet(sheet, shutil.get_terminal_size().columns, choose_depth()):
        write_line(line)


def _make_document(pairs: Sequence[Pair], task: Task, augmentation: Augmentation) -> dict[str, Any]:
    return {
        "schema": 1,
        "command": "preview",
        "task": task.name,
        "augment": str(augmentation),
        "samples": [
            {
                "path": pair.name,
                "target": task.read_target(pair.target),
                "seen_target": task.read_target(pair.variant_target),
            }
            for pair in pairs
        ],
    }


def _describe(pair: Pair, task: Task) -> str:
    """Return a sample in a line: its name, what it is, and what it became where that differs."""
    targets = [
        task.words.describe_target(task.read_target(target))
        for target in (pair.target, pair.variant_target)
    ]
    return f"{escape_on_terminal(pair.name)}: {' -> '.join(dict.fromkeys(targets))}"
