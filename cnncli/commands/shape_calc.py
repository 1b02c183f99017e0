"""`cnncli shape-calc`: what an architecture makes of its input, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncli.errors import GateError, UsageError
from cnncli.options import (
    BYTES,
    Shape,
    arch_argument,
    batch_size_option,
    classes_option,
    command,
    input_option,
    json_option,
    resolve_expression,
)
from cnncli.terminal import note, write_json, write_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncli.graph import Graph
    from cnncli.notation.expression import Expression

FORMATS = ("table", "json", "csv", "markdown")
COLUMNS = ("name", "layer", "output", "params", "MACs", "field", "jump", "lost")


@command(
    "cnncli shape-calc lenet5",
    "cnncli shape-calc 'conv(6, 5) >> relu >> maxpool(2)' --input 32x32x3 --explain",
)
@arch_argument
@input_option
@classes_option
@batch_size_option(64)
@click.option("--explain", is_flag=True, help="Each layer's formulas with their numbers.")
@click.option(
    "--fix", is_flag=True,
    help="Print the nearest architecture that fits its input and leaves none of it unused.",
)  # fmt: skip
@click.option("--max-params", type=click.IntRange(0), metavar="N", help="Fail above N parameters.")
@click.option(
    "--max-macs", type=click.IntRange(0), metavar="N", help="Fail above N MACs per image."
)
@click.option(
    "--max-memory", type=BYTES, metavar="64M", help="Fail where a training step works in more."
)
@click.option(
    "--format", "style", type=click.Choice(FORMATS), default="table", help="How the result looks."
)
@json_option
@click.option(
    "-j",
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Threads whose memory counts.  [default: the CPUs this process may use]",
)
def shape_calc(
    arch: str,
    input_shape: Shape | None,
    classes: int | None,
    batch_size: int,
    explain: bool,
    fix: bool,
    max_params: int | None,
    max_macs: int | None,
    max_memory: int | None,
    style: str,
    as_json: bool,
    threads: int | None,
) -> None:
    """Print every layer's output size, parameters, cost and receptive field.

    Needs no data and no weights. ARCH is a preset (see `cnncli arch`), an architecture text, @FILE
    or a trained model. Memory is what the work on one batch takes besides the weights. Above a
    bound the exit code is 6. What --fix prints can be given as ARCH again; what it changed is said
    on stderr.
    """
    from cnncli.engine.threads import cpu_count
    from cnncli.graph import build_graph

    expression, shape = resolve_expression(arch, classes=classes, input_shape=input_shape)
    as_json = as_json or style == "json"
    if fix and not as_json and (explain or style != "table"):
        raise UsageError("--fix prints an architecture; leave out the rest, or add --json")
    if explain and style in ("csv", "markdown"):
        raise UsageError(f"--explain is not for --format {style}; leave one out, or take --json")
    changes: tuple[str, ...] = ()
    if fix:
        graph, changes = _fixed(expression, shape)
    else:
        graph = build_graph(expression, shape)
    report = _report(graph, batch_size, threads or cpu_count(), explain)
    if as_json:
        write_json({**report, "changes": changes} if fix else report)
    elif fix:
        write_line(f"# input: {_size(shape)}")
        write_line(graph.text)
    else:
        for line in {"table": _table, "csv": _csv, "markdown": _markdown}[style](report):
            write_line(line)
    _check(report["total"], max_params, max_macs, max_memory)


def _fixed(expression: Expression, shape: Shape) -> tuple[Graph, tuple[str, ...]]:
    """Return the nearest network that fits, and what was changed, which is noted too."""
    from cnncli.graph.fitting import fitted

    found = fitted(expression, shape)
    for change in found.changes or ("it fits as it is",):
        note(change)
    return found.graph, found.changes


def _report(graph: Graph, batch_size: int, threads: int, explain: bool) -> dict[str, Any]:
    """Return the figures of a graph as they stand in the JSON."""
    from cnncli.engine import memory_bytes
    from cnncli.graph import INPUT
    from cnncli.graph.explanation import explain as formulas
    from cnncli.graph.sharing import saved
    from cnncli.layers.base import Setup

    layers = []
    for node in graph.nodes:
        layer = {
            "name": node.name,
            "kind": node.layer.kind,
            "layer": str(node.layer),
            "inputs": ["input" if one == INPUT else graph.nodes[one].name for one in node.inputs],
            "input": node.input_shapes[0],
            "output": node.output_shape,
            "params": node.params,
            "macs": node.macs,
            "receptive_field": node.receptive_field,
            "jump": node.jump,
            "lost": node.lost,
        }
        layers.append({**layer, "explanation": formulas(graph, node)} if explain else layer)
    report = {
        "schema": 1,
        "command": "shape-calc",
        "arch": graph.text,
        "input": graph.input_shape,
        "batch_size": batch_size,
        "threads": threads,
        "layers": layers,
        "total": {
            "params": graph.params,
            "macs": graph.macs,
            "flops": 2 * graph.macs,
            "weights_bytes": 4 * graph.stored,
            "train_bytes": memory_bytes(graph, Setup(batch_size, threads, training=True)),
            "predict_bytes": memory_bytes(graph, Setup(batch_size, threads)),
        },
        "count": "MACs of conv and dense layers; 1 MAC = 2 FLOPs",
    }
    if explain:
        params, dense = saved(graph)
        report["shared"] = {"params": params, "params_if_dense": dense}
    return report


def _check(total: dict[str, int], *bounds: int | None) -> None:
    """Raise GateError where a total is above its bound."""
    options = (("params", "--max-params"), ("macs", "--max-macs"), ("train_bytes", "--max-memory"))
    missed = [
        f"{name} are {total[name]:,}, above {option} {bound:,}"
        for (name, option), bound in zip(options, bounds, strict=True)
        if bound is not None and total[name] > bound
    ]
    if missed:
        raise GateError("; ".join(missed))


def _table(report: dict[str, Any]) -> Iterator[str]:
    """Yield aligned columns, the totals, and what is lost."""
    rows = [COLUMNS, *map(_row, report["layers"])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield f"input {_size(report['input'])}"
    yield ""
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:3], widths[:3], strict=True)]
        cells += [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
        yield "  ".join(cells).rstrip()
    yield from ("", *_totals(report))
    for layer in report["layers"]:
        if any(layer["lost"]):
            yield _loss(layer)
    if "shared" in report:
        yield from _explanations(report)


def _explanations(report: dict[str, Any]) -> Iterator[str]:
    shared = report["shared"]
    if shared["params"]:
        yield (
            f"sharing  the convolutions learn {shared['params']:,}, dense layers in their place "
            f"would learn {shared['params_if_dense']:,}"
        )
    yield ""
    yield "P rows and Q columns of the output; field and jump in pixels of the network's input;"
    yield "if dense: with a weight of its own for each pair of input and output; weight sharing:"
    yield "how many times as many a dense layer would learn"
    for layer in report["layers"]:
        if layer["explanation"]:
            yield ""
            size = f"{_size(layer['input'])} " if len(layer["inputs"]) == 1 else ""
            yield f"{layer['name']}  {layer['layer']}  {size}-> {_size(layer['output'])}"
            yield from (f"    {line}" for line in layer["explanation"])


def _totals(report: dict[str, Any]) -> Iterator[str]:
    total = report["total"]
    yield f"params   {total['params']:,}, a model file of {_bytes(total['weights_bytes'])}"
    yield f"MACs     {total['macs']:,} per image = {total['flops']:,} FLOPs"
    yield (
        f"memory   {_bytes(total['train_bytes'])} to train, {_bytes(total['predict_bytes'])} to "
        f"predict in batches of {report['batch_size']}, besides the weights"
    )


def _csv(report: dict[str, Any]) -> Iterator[str]:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = ("name", "kind", "layer", "input", "output", "params", "macs", "receptive_field")
    writer.writerow((*names, "jump", "lost"))
    for layer in report["layers"]:
        cells = (layer[name] for name in (*names, "jump", "lost"))
        writer.writerow(_size(cell) if isinstance(cell, tuple) else cell for cell in cells)
    yield out.getvalue().rstrip("\n")


def _markdown(report: dict[str, Any]) -> Iterator[str]:
    yield f"| {' | '.join(COLUMNS)} |"
    yield "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for layer in report["layers"]:
        yield f"| {' | '.join(_row(layer))} |"
    total = report["total"]
    yield f"| total | | | {total['params']:,} | {total['macs']:,} | | | |"


def _row(layer: dict[str, Any]) -> tuple[str, ...]:
    sight = (layer["receptive_field"], layer["jump"], layer["lost"])
    return (
        layer["name"],
        layer["layer"],
        _size(layer["output"]),
        f"{layer['params']:,}",
        f"{layer['macs']:,}",
        *(_size(set(pair) if len(set(pair)) == 1 else pair) for pair in sight),
    )


def _loss(layer: dict[str, Any]) -> str:
    """Return in words what no window of a layer reaches."""
    counted = [
        f"{number} {word if number == 1 else word + 's'}"
        for number, word in zip(layer["lost"], ("row", "column"), strict=True)
        if number
    ]
    size = _size(layer["input"][:-1])
    verb = "is" if sum(layer["lost"]) == 1 else "are"
    return f"{layer['name']}: {' and '.join(counted)} of its {size} input {verb} never used"


def _size(numbers: Any) -> str:
    return "x".join(f"{number:.4g}" if number % 1 else str(int(number)) for number in numbers)


def _bytes(count: float) -> str:
    units = ["bytes", "KiB", "MiB", "GiB"]
    while count >= 1024 and len(units) > 1:
        count /= 1024
        units.pop(0)
    return f"{count:.4g} {units[0]}"
