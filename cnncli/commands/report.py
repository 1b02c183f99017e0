"""`cnncli report`: a trained network as a page to read and to send."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cnncli.commands._opening import open_trained
from cnncli.errors import UsageError
from cnncli.options import (
    OUTPUT,
    command,
    force_option,
    json_option,
    max_memory_option,
    model_argument,
    threads_option,
    weights_option,
)
from cnncli.terminal import name_options, note, write_json

if TYPE_CHECKING:
    from cnncli.data.source import LabeledData
    from cnncli.render.report import Training
    from cnncli.trained.model import Trained


@command(
    "cnncli report digits.npz --data sample_data/digits -o digits.html",
    "cnncli report digits.npz --image seven.png -o seven.html",
)
@model_argument
@weights_option
@click.option("--data", metavar="DATA",
              help="Labeled samples, as for evaluate: for figures, mistakes and a confusion "
              "matrix.")  # fmt: skip
@click.option("--image", "images", metavar="FILE", multiple=True,
              help="An image or signal to explain the answer to; may be given several "
              "times.")  # fmt: skip
@click.option("-o", "--output", type=OUTPUT, metavar="FILE.html", required=True,
              help="The page to write.")  # fmt: skip
@threads_option
@max_memory_option
@force_option
@json_option
def report(
    model: str,
    arch: str | None,
    data: str | None,
    images: tuple[str, ...],
    output: str,
    threads: int,
    force: bool,
    as_json: bool,
) -> None:
    """Write a page about a network: layers, filters, answers, mistakes.

    The page is one HTML file that fetches nothing. On it are the drawing and the table of shapes,
    with what each layer sees of a sample; filters, feature maps and the arithmetic of the neuron
    under the pointer; what decides an answer, by Grad-CAM; the confusion matrix with its samples,
    and the worst mistakes; the curves of the training and the command that makes it again. Needs
    Jinja2: pip install "cnncli[report]".
    """
    from hashlib import sha256

    from cnncli.model_file.atomic import check_writable, write_atomically
    from cnncli.render.report.page import check_jinja, write_page
    from cnncli.views.report import make_report

    if [model, data, *images].count("-") > 1:
        raise UsageError("stdin can be read only once; give - once")
    if output == "-" and as_json:
        raise UsageError("--json and -o - both go to stdout; give -o the name of a file")
    if output != "-" and Path(output).suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{output}: a report is HTML; use a name that ends in .html")
    check_jinja()
    check_writable(output, force=force)
    trained = open_trained(model, arch, threads=threads)
    samples = [trained.read(image) for image in images]
    labeled = None if data is None else _load(trained, data, threads)
    training = _describe_training(trained, model)
    hints = [] if data else ["With --data the page shows answers, mistakes and a confusion matrix."]
    described = make_report(trained, Path(model).name, samples, labeled, training, hints, threads)
    page = write_page(described)
    write_atomically(output, page, force=force)
    if as_json:
        write_json(
            {
                "schema": 1,
                "command": "report",
                "model": model,
                "output": output,
                "parts": described.parts,
                "bytes": len(page),
                "sha256": sha256(page).hexdigest(),
            }
        )
    else:
        note(f"{output}: {len(page) / 1e6:.2g} MB")


def _load(trained: Trained, data: str, threads: int) -> LabeledData:
    from cnncli.data.source import load_labeled

    labeled = load_labeled(
        data, trained.preprocessing, trained.task, origin=trained.origin, threads=threads
    )
    for notice in labeled.notices:
        note(name_options(notice))
    return labeled


def _describe_training(trained: Trained, model: str) -> Training | None:
    """Return how a network was trained, where its file says so."""
    from cnncli.commands._training_command import write_training_command
    from cnncli.views.report.training import describe_training

    training = trained.model.training
    if "settings" not in training:
        return None
    name = Path(model).name
    began = training["settings"].get("inherited_from")
    remark = f"MODEL.npz is the network it began from (SHA-256 {began})." if began else ""
    return describe_training(
        training.get("log"), name, write_training_command(trained, name), remark
    )
