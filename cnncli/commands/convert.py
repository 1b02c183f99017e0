"""`cnncli convert`: networks of other tools, in and out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from cnncli.commands._opening import gather_given
from cnncli.options import command, force_option, input_option, json_option, weights_option
from cnncli.terminal import note, write_json, write_line

if TYPE_CHECKING:
    from cnncli.layers.base import Shape


@command(
    "cnncli convert resnet18.safetensors resnet18.npz --arch resnet18",
    "cnncli convert digits.npz digits.onnx --embed-preprocessing",
)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@weights_option
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
@click.option(
    "--output", metavar="NAME",
    help="The value of an .onnx file that is the answer, where it has several outputs.",
)  # fmt: skip
@click.option(
    "--external-data",
    is_flag=True,
    help="Take weights of an .onnx file from the files beside it that it names.",
)
@click.option(
    "--opset",
    type=int,
    metavar="N",
    help="Operators of an .onnx file: 13 to 22.  [default: 17]",
)
@click.option(
    "--no-fold",
    is_flag=True,
    help="Keep batch normalization in an .onnx file instead of folding it into the weights.",
)
@click.option(
    "--embed-preprocessing",
    is_flag=True,
    help="Let an .onnx file take pixels (uint8, NxHxWxC) and answer with probabilities.",
)
@click.option(
    "--check",
    type=click.IntRange(0, 10**4),
    metavar="N",
    help="Inputs, drawn at random, to prove that an .onnx file answers the same in ONNX Runtime, "
    "or a .c file where it is compiled; 0: none.  [default: 16]",
)
@click.option("--data", metavar="DATA", help="Files or a folder of samples to check, too.")
@click.option(
    "--tolerance", type=click.FloatRange(0), metavar="X",
    help="Fail (exit code 6) where logits differ by more than X of their range.  [default: 1e-4]",
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
    output: str | None,
    external_data: bool,
    opset: int | None,
    no_fold: bool,
    embed_preprocessing: bool,
    check: int | None,
    data: str | None,
    tolerance: float | None,
    force: bool,
    as_json: bool,
) -> None:
    """Convert a network from or to the format of another tool.

    What SOURCE and TARGET are follows from their names. Weights come from .safetensors, PyTorch's
    .pth, .pt, .th and .bin, and .npz files of arrays; ARCH says of which network they are. An .onnx
    file says so itself; one is written if ONNX Runtime, where it is installed, answers the same
    with it. A .c file and its .h need no library but libm.
    """
    from cnncli.exchange import check_target, read_network, write_network
    from cnncli.exchange.export import Export, prove_export

    fold, embed = False if no_fold else None, embed_preprocessing or None
    export = Export(opset, fold, embed, check, data, tolerance)
    check_target(target, export, force=force)
    more = {"output": output, "external_data": external_data}
    given = gather_given(arch, input_shape, classes, preprocessing, **more)
    imported = read_network(source, given)
    for text in imported.notes:
        note(f"{source}: {text}")
    model, imported_proof = imported.model, None
    if imported.open_rival is not None and check != 0:
        imported_proof, texts = prove_export(
            model, imported.open_rival(), export, target, imported.needs
        )
        for text in texts:
            note(f"{source}: {text}")
        if imported_proof is not None:
            model = replace(
                model, training={**model.training, "checked": imported_proof.to_manifest()}
            )
    written = write_network(target, model, export, force=force)
    for text in written.notes:
        note(f"{target}: {text}")
    if check and written.proof is None and not (written.notes or imported.open_rival):
        note(f"{target}: not checked, for no other program has this network")
    graph, proof = model.graph, written.proof or imported_proof
    if as_json:
        record = {"schema": 1, "command": "convert", "source": source, "target": target}
        figures = {"arch": graph.text, "params": graph.params}
        proved = None if proof is None else proof.to_manifest()
        write_json({**record, **figures, "checked": proved, "sha256": written.digest})
    else:
        write_line(f"{target}: {graph.params:,} parameters, {len(model.classes)} outputs")
        if proof is not None:
            write_line(f"{target}: {proof.describe()}")
