"""`cnncli inspect-filters`: what the filters of a network look like, and what they see."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cnncli.commands._opening import open_trained
from cnncli.commands._pictures import check_picture_output
from cnncli.errors import DataError, SomeFailed, UsageError
from cnncli.inspection import SORTS, describe_methods, find_method, list_methods
from cnncli.inspection.watcher import Watcher
from cnncli.options import (
    NUMBERS,
    OUTPUT,
    Named,
    command,
    force_option,
    json_option,
    max_memory_option,
    model_argument,
    threads_option,
    weights_option,
)
from cnncli.terminal import (
    Progress,
    choose_depth,
    complain,
    escape_on_terminal,
    name_options,
    note,
    shows_pictures,
    write_json,
    write_line,
)

if TYPE_CHECKING:
    from cnncli.inspection.base import Findings, Method
    from cnncli.render.drawing import Drawing
    from cnncli.render.sheet import Capacity
    from cnncli.trained.sample import Sample


METHODS = sorted(list_methods(), key="filters".__ne__)  # the default first


class _Watcher(Watcher):
    """Shows how far a method is with a data set, and what it leaves out."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.broken = 0

    def count(self, samples: int) -> None:
        self.progress.update(samples)

    def report(self, error: DataError) -> None:
        self.progress.clear()
        self.broken += 1
        complain(name_options(str(error)))


class Look(NamedTuple):
    """What is looked at, and what was found."""

    model: str
    method: Method
    sample: Sample | None
    overlay: bool
    findings: Findings


def _list_methods() -> list[tuple[str, str]]:
    """Return every method and what it does, its settings in brackets."""
    parted = [(text.partition("("), sentence) for text, sentence in describe_methods()]
    return [
        (name, f"{sentence}  [{settings[:-1]}]" if settings else sentence)
        for (name, _, settings), sentence in parted
    ]


@command(
    "cnncli inspect-filters digits.npz --layer conv2 -o conv2.png",
    "cnncli inspect-filters digits.npz --method gradcam --image seven.png",
    lists={"Methods": _list_methods},
)
@model_argument
@weights_option
@click.option(
    "--method", type=Named(METHODS), metavar="NAME", default=METHODS[0], show_default=True,
    help="One of the methods below, with settings where they are not the usual ones: "
    "'smoothgrad(samples=50)'.",
)  # fmt: skip
@click.option("--image", metavar="FILE|-", help="The image or signal to look at.")
@click.option("--data", metavar="DIR", help="Samples to look for patches in; labeled ones, as for "
              "train, to find the class that each filter prefers.")  # fmt: skip
@click.option("--layer", metavar="NAME",
              help="As shape-calc names it.  [default: the one that suits the method]")  # fmt: skip
@click.option("--filter", "filters", type=NUMBERS, metavar="N,…",
              help="Filters of the layer, by number.  [default: all]")  # fmt: skip
@click.option("--class", "output_name", metavar="NAME",
              help="The class to explain.  [default: the predicted one]")  # fmt: skip
@click.option("--sort", type=click.Choice(SORTS),
              help="Largest first; similarity: alike beside alike.")  # fmt: skip
@click.option("--overlay", is_flag=True, help="Draw feature maps over the image.")
@click.option(
    "--score",
    is_flag=True,
    help="Measure how good a map is: by deletion and insertion, beside random orders.",
)
@click.option("-o", "--output", type=OUTPUT, metavar="FILE",
              help="Write a picture (.png) or the arrays (.npz).")  # fmt: skip
@threads_option
@max_memory_option
@force_option
@json_option
def inspect_filters(
    model: str,
    arch: str | None,
    method: str,
    image: str | None,
    data: str | None,
    layer: str | None,
    filters: tuple[int, ...] | None,
    output_name: str | None,
    sort: str | None,
    overlay: bool,
    score: bool,
    output: str | None,
    threads: int,
    force: bool,
    as_json: bool,
) -> None:
    """Show a layer's filters, its feature maps, or which pixels decide an answer.

    Without --output they are drawn in the terminal, or listed as a table of numbers if stdout is
    not a terminal. All pictures of a layer share one scale. On that of filters zero is pale. With
    --image the dead filters are named, too: those whose activation is zero everywhere. See `cnncli
    help methods` on which method answers which question, and how good its map is.

    In a .npz file feature maps are height x width x channels (a signal's length x channels), as
    `predict --output-kind features:LAYER` gives them; filters are as in the model file, filters x
    channels x height x width. `labels` says which ones they are.
    """
    from cnncli.inspection.base import AttributionFindings, Subject
    from cnncli.inspection.score import choose_followed, score_map

    chosen = find_method(method)
    asked = {
        "image": image, "data": data, "layer": layer, "filter": filters, "class": output_name,
        "sort": sort, "overlay": overlay or None, "score": score or None,
    }  # fmt: skip
    chosen.check([name for name, value in asked.items() if value is not None])
    if [model, image, data].count("-") > 1:
        raise UsageError("stdin can be read only once; give - once")
    check_picture_output(output, (".png", ".npz"), force=force, as_json=as_json)
    _check_overlay(overlay, output, as_json)
    trained = open_trained(model, arch, threads=threads)
    sample = None if image is None else trained.read(image)
    with Progress(None, "samples") as progress:
        watcher = _Watcher(progress)
        subject = Subject(
            sample=sample, data=data, layer=layer, filters=filters, sort=sort, output=output_name,
            watcher=watcher,
        )  # fmt: skip
        followed = choose_followed(trained, subject, chosen) if score else None
        findings = chosen.find(trained, subject)
    for text in findings.notes:
        note(text)
    if followed is not None:
        assert sample is not None and isinstance(findings, AttributionFindings)
        findings = score_map(trained, sample, followed, findings)
    look = Look(model, chosen, sample, overlay, findings)
    if output is not None:
        _save(look, output, force)
    if as_json:
        write_json(_make_document(look))
    elif output is None and sys.stdout.isatty():
        _draw(look)
    elif output is None:
        from cnncli.render.table import write_table

        findings = look.findings.arrange()
        for line in write_table(findings.layer, findings.labels, findings.columns):
            write_line(line)
    if watcher.broken:
        raise SomeFailed(f"samples that were left out: {watcher.broken}; see above")


def _check_overlay(overlay: bool, output: str | None, as_json: bool) -> None:
    """Raise UsageError where --overlay is given and nothing is drawn."""
    drawn = sys.stdout.isatty() and not as_json if output is None else not _is_archive(output)
    if overlay and not drawn:
        raise UsageError("--overlay is for pictures; give -o FILE.png")


def _is_archive(output: str) -> bool:
    """Say whether it is arrays that are asked for, not a picture."""
    return output.lower().endswith(".npz")


def _make_document(look: Look) -> dict[str, Any]:
    findings = look.findings
    return {
        "schema": 1,
        "command": "inspect-filters",
        "model": look.model,
        "layer": findings.layer,
        "method": look.method.name,
        "image": None if look.sample is None else look.sample.name,
        "shape": list(findings.stored.shape),
        findings.noun: findings.list_records(),
    }


def _save(look: Look, output: str, force: bool) -> None:
    import numpy as np

    from cnncli.model_file.atomic import write_atomically
    from cnncli.render.drawing import paint
    from cnncli.render.png import encode_png
    from cnncli.render.sheet import PAGE

    if _is_archive(output):
        findings = look.findings
        arrays: dict[str, Any] = {look.method.name: findings.stored, **findings.figures}
        arrays["labels"] = np.array(findings.labels)
        if look.sample is not None:
            arrays["image"] = look.sample.values
        write_atomically(output, lambda stream: np.savez(stream, **arrays), force=force)
        return
    drawing = _make_drawing(look, PAGE)
    write_atomically(output, encode_png(paint(drawing)), force=force)
    if drawing.cut:
        note(f"{output}: {drawing.cut}; a name that ends in .npz gets all of them")


def _draw(look: Look) -> None:
    import shutil

    from cnncli.render.drawing import draw
    from cnncli.render.sheet import Capacity

    if shows_pictures():
        _draw_picture(look)
        return
    width = shutil.get_terminal_size().columns
    columns = max(1, (width - 5) // (look.findings.values.shape[-1] + 1))
    depth = choose_depth()
    capacity = Capacity(
        tiles=64, rows=32, columns=columns, side=1024, patch=7, color=depth != "none"
    )
    drawing = _make_drawing(look, capacity)
    for line in draw(drawing, width, depth):
        write_line(line)
    if drawing.cut:
        note(f"{drawing.cut}; -o FILE.png draws more of them")


def _draw_picture(look: Look) -> None:
    """Show the picture itself, in a terminal that can."""
    from cnncli.render.drawing import paint
    from cnncli.render.kitty import encode_kitty
    from cnncli.render.png import encode_png
    from cnncli.render.sheet import PAGE

    drawing = _make_drawing(look, PAGE)
    write_line(encode_kitty(encode_png(paint(drawing))))
    if drawing.cut:
        note(f"{drawing.cut}; -o FILE.npz gets all of them")


def _make_drawing(look: Look, capacity: Capacity) -> Drawing:
    from cnncli.views.sheet import make_drawing

    sample = look.sample
    if sample is not None:
        sample = replace(sample, name=escape_on_terminal(Path(sample.name).name))
    model = escape_on_terminal(Path(look.model).name)
    return make_drawing(look.findings, model, sample, capacity, overlay=look.overlay)
