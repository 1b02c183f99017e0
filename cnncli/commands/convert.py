"""`cnncli convert`: networks of other tools, in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cnncli.options import command, force_option, input_option, json_option, read_arch
from cnncli.terminal import note, write_json, write_line

if TYPE_CHECKING:
    from cnncli.exchange.given import Given
    from cnncli.layers.base import Shape


@command(
    "cnncli convert resnet18.safetensors resnet18.npz --arch resnet18",
    "cnncli convert digits.npz digits.safetensors",
)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@click.option(
    "--arch", metavar="ARCH",
    help="The network whose weights these are, where the file does not say so itself.",
)  # fmt: skip
@input_option
@click.option(
    "--classes", metavar="FILE|NAMES",
    help="Names of the classes in the order of the outputs: a file with one a line, or cat,dog.",
)  # fmt: skip
@click.option(
    "--preprocessing", metavar="NAME|FILE",
    help="What is done to images: imagenet, unit (levels from 0 to 1), none, or a file that says "
    "so: a model, or JSON with mean and std.  [default: imagenet for 1000 classes, else unit]",
)  # fmt: skip
@force_option
@json_option
def convert(
    source: str,
    target: str,
    arch: str | None,
    input_shape: Shape | None,
    classes: str | None,
    preprocessing: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Convert a network from or to the format of another tool.

    What SOURCE and TARGET are follows from their names. Weights come from .safetensors and .npz
    files of arrays, of networks by name (see `cnncli arch`) or by ARCH; .npz is our own, too.
    """
    from cnncli.exchange import check_target, read_network, write_network

    check_target(target, force=force)
    imported = read_network(source, _gather(arch, input_shape, classes, preprocessing))
    for text in imported.notes:
        note(f"{source}: {text}")
    model = imported.model
    digest = write_network(target, model, force=force)
    graph = model.graph
    if as_json:
        record = {"schema": 1, "command": "convert", "source": source, "target": target}
        figures = {"arch": graph.text, "params": graph.params, "checked": None, "sha256": digest}
        write_json({**record, **figures})
    else:
        write_line(f"{target}: {graph.params:,} parameters, {len(model.classes)} outputs")


def _gather(
    arch: str | None, input_shape: Shape | None, classes: str | None, preprocessing: str | None
) -> Given:
    """Return what was said of a network beside its file."""
    from cnncli.exchange.class_names import read_class_names
    from cnncli.exchange.given import Given

    text, usual_input, usual_classes = (None, None, None) if arch is None else read_arch(arch)
    names = None
    if classes is not None:
        names, notes = read_class_names(classes)
        for line in notes:
            note(f"{classes}: {line}")
    return Given(text, input_shape, names, preprocessing, usual_classes, usual_input)
