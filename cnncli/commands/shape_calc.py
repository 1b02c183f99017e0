"""`cnncli shape-calc`: what an architecture makes of its input, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

STYLES = ("table", "json", "csv", "markdown")


@command(
    "cnncli shape-calc lenet5",
    "cnncli shape-calc 'conv(6, 5) >> relu >> maxpool(2)' --input 32x32x3 --explain",
)
@arch_argument
@input_option
@classes_option
@batch_size_option(64)
@click.option("--explain", is_flag=True, help="Print each layer's formulas with their numbers.")
@click.option(
    "--fix", is_flag=True,
    help="Print the nearest architecture that fits its input and leaves none of it unused "
    "where it can; what stays unused is said.",
)  # fmt: skip
@click.option("--max-params", type=click.IntRange(0), metavar="N", help="Fail above N parameters.")
@click.option(
    "--max-macs", type=click.IntRange(0), metavar="N", help="Fail above N MACs per image."
)
@click.option("--max-memory", type=BYTES, metavar="64M", help="Fail if a training step takes more.")
@click.option(
    "--format",
    "style",
    type=click.Choice(STYLES),
    default="table",
    help="How to print the result.",
)
@json_option
@click.option(
    "-j",
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Number of threads; each takes some memory.  [default: the CPUs this process may use]",
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

    Needs no data and no weights. ARCH is a name (see `cnncli arch`), an architecture text (see
    `cnncli help notation`), @FILE or a trained model. Memory is what one batch takes besides the
    weights. Above a bound the exit code is 6. The output of --fix can be used as ARCH; what was
    changed is printed on stderr.
    """
    from cnncli.engine.threads import cpu_count
    from cnncli.graph import build_graph
    from cnncli.views.shapes import report_shapes

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
        graph, changes = _mend(expression, shape)
    else:
        graph = build_graph(expression, shape)
    report = report_shapes(graph, batch_size, threads or cpu_count(), explained=explain)
    if as_json:
        write_json({**report, "changes": changes} if fix else report)
    elif fix:
        write_line(f"# input: {'x'.join(map(str, shape))}")
        write_line(graph.text)
    else:
        from cnncli.views.shape_table import FORMATS

        for line in FORMATS[style](report):
            write_line(line)
    _check_bounds(report["total"], max_params, max_macs, max_memory)


def _mend(expression: Expression, shape: Shape) -> tuple[Graph, tuple[str, ...]]:
    """Return the nearest network that fits, and what was changed, which is noted too."""
    from cnncli.graph.mending import mend

    mended = mend(expression, shape)
    for line in (*mended.changes, *mended.unused) or ("it fits as it is",):
        note(line)
    return mended.graph, mended.changes


def _check_bounds(total: dict[str, int], *bounds: int | None) -> None:
    """Raise GateError where a total is above its bound."""
    options = (("params", "--max-params"), ("macs", "--max-macs"), ("train_bytes", "--max-memory"))
    missed = [
        f"{name} are {total[name]:,}, above {option} {bound:,}"
        for (name, option), bound in zip(options, bounds, strict=True)
        if bound is not None and total[name] > bound
    ]
    if missed:
        raise GateError("; ".join(missed))
