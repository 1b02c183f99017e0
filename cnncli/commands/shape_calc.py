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
    from cnncli.graph import Graph
    from cnncli.notation.expression import Expression

FORMATS = ("table", "json", "csv", "markdown")


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
    if as_json and style not in ("table", "json"):
        raise UsageError(f"--json means --format json, not {style}; give one of them")
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
        write_line(f"# input: {'x'.join(map(str, shape))}")
        write_line(graph.text)
    else:
        from cnncli.commands._shapes import WRITTEN

        for line in WRITTEN[style](report):
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
