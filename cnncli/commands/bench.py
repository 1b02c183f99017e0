"""`cnncli bench`: how fast a network runs here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cnncli.errors import UsageError
from cnncli.options import (
    arch_argument,
    batch_size_option,
    classes_option,
    command,
    conv_algo_option,
    input_option,
    json_option,
    resolve_arch,
    threads_option,
)
from cnncli.terminal import note, write_json, write_line

if TYPE_CHECKING:
    from cnncli.engine import Plan, StepTimes
    from cnncli.graph import Graph
    from cnncli.layers.base import Setup
    from cnncli.options import Shape

PEAK_SECONDS = 0.5  # at most, before and after


@command(
    "cnncli bench vgg_small -b 64 --per-layer",
    "cnncli bench 'conv(32, 3) >> relu >> dense(10)' --input 28x28x1 --mode predict -b 1",
)
@arch_argument
@input_option
@classes_option
@batch_size_option(64)
@click.option(
    "--mode", type=click.Choice(["train", "predict"]), default="train", show_default=True,
    help="Training steps, or answers alone.",
)  # fmt: skip
@click.option(
    "--seconds", type=click.FloatRange(0, 3600, min_open=True), default=3.0, show_default=True,
    metavar="S", help="How long to measure.",
)  # fmt: skip
@click.option("--per-layer", is_flag=True, help="Also every layer by itself.")
@click.option(
    "--latency/--no-latency", default=None,
    help="Plan for single images.  [default: with --mode predict -b 1]",
)  # fmt: skip
@conv_algo_option
@threads_option
@json_option
def bench(
    arch: str,
    input_shape: Shape | None,
    classes: int | None,
    batch_size: int,
    mode: str,
    seconds: float,
    per_layer: bool,
    latency: bool | None,
    conv_algo: str,
    threads: int,
    as_json: bool,
) -> None:
    """Measure how many images per second a network trains on or answers.

    The data are random, the kernels real. Figures are medians after a warm-up; one
    multiply-accumulate of a convolution or dense layer counts as 2 floating-point operations.
    peak_gflops is what the CPU reaches in the same run when it does nothing else.
    """
    from cnncli.layers.base import Setup

    single = (mode, batch_size) == ("predict", 1)
    if latency and not single:
        raise UsageError("--latency is for single images: give --mode predict -b 1 with it")
    graph = resolve_arch(arch, classes=classes, input_shape=input_shape)
    setup = Setup(
        batch_size, threads, mode == "train", conv_algo, single if latency is None else latency
    )
    record = _measure(graph, setup, seconds)
    if as_json:
        write_json(record)
        return
    write_line(
        f"{record['images_per_second']:.6g} images/s ({mode}, batches of {batch_size}, "
        f"threads: {threads})"
    )
    if batch_size == 1:
        write_line(f"{1000 / record['images_per_second']:.3g} ms per image")
    share = 100 * record["gflops"] / record["peak_gflops"]
    write_line(
        f"{record['gflops']:.4g} GFLOP/s, {share:.0f} % of the {record['peak_gflops']:.4g} "
        "this CPU reaches"
    )
    if per_layer:
        _write_table(record["layers"])


def _measure(graph: Graph, setup: Setup, seconds: float) -> dict[str, Any]:
    from cnncli.engine import Plan, Weights, peak_gflops, time_steps

    weights = Weights(graph)
    weights.initialize("he", 0)
    plan = Plan(graph, weights, setup)
    note(f"memory: {plan.bytes / 1e6:.1f} MB; measuring for {seconds:g} s")
    pause = min(seconds, PEAK_SECONDS)
    peaks = [peak_gflops(pause, setup.threads)]
    times = time_steps(plan, setup.batch, seconds)
    peaks.append(peak_gflops(pause, setup.threads))
    layers = _layers(plan, times, graph, setup.batch)
    operations = sum(one.pop("operations") for one in layers)
    return {
        "schema": 1,
        "command": "bench",
        "mode": "train" if setup.training else "predict",
        "batch_size": setup.batch,
        "threads": setup.threads,
        "images_per_second": 1e3 * setup.batch / times.total_ms,
        "gflops": operations / times.total_ms / 1e6,
        "peak_gflops": max(peaks),
        "layers": layers,
    }


def _layers(plan: Plan, times: StepTimes, graph: Graph, batch_size: int) -> list[dict[str, Any]]:
    """Return a record per step; a backward pass computes as much for dx, if any, and for dw."""
    at_input = {node.name for node in graph.nodes if max(node.inputs) < 0}
    layers = []
    for step in plan.steps:
        forward, backward = times.forward_ms[step.name], times.backward_ms.get(step.name)
        passes = 1
        if backward is not None:
            passes += 1 if step.name.split("+")[0] in at_input else 2
        operations = 2 * step.macs * passes * batch_size
        layers.append(
            {
                "name": step.name,
                "forward_ms": forward,
                "backward_ms": backward,
                "gflops": operations / max(forward + (backward or 0), 1e-9) / 1e6,
                "operations": operations,
            }
        )
    return layers


def _write_table(layers: list[dict[str, Any]]) -> None:
    width = max([len(one["name"]) for one in layers] + [5])
    write_line()
    write_line(f"{'layer':{width}}  forward ms  backward ms  GFLOP/s")
    for one in layers:
        backward = "" if one["backward_ms"] is None else f"{one['backward_ms']:.3f}"
        forward = f"{one['forward_ms']:.3f}"
        write_line(f"{one['name']:{width}}  {forward:>10}  {backward:>11}  {one['gflops']:7.1f}")
