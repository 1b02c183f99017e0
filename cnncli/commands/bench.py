"""`cnncli bench`: how fast a network runs here."""

from __future__ import annotations

from dataclasses import replace
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
    optimizer_option,
    resolve_arch,
    threads_option,
)
from cnncli.terminal import note, write_json, write_line

if TYPE_CHECKING:
    from cnncli.engine.limits import Machine, Work
    from cnncli.engine.timing import StepTimes
    from cnncli.graph import Graph
    from cnncli.layers.base import Setup
    from cnncli.options import Shape

PEAK_SECONDS = 0.5  # at most, before and after


@command(
    "cnncli bench vgg_small -b 64 --per-layer",
    "cnncli bench 'conv(32, 3) >> dense(10)' --input 28x28x1 --mode predict -b 1",
)
@arch_argument
@input_option
@classes_option
@batch_size_option(64)
@click.option(
    "--mode", type=click.Choice(["train", "predict"]), default="train", show_default=True,
    help="Training steps, or predictions.",
)  # fmt: skip
@click.option(
    "--seconds", type=click.FloatRange(0, 3600, min_open=True), default=3.0, show_default=True,
    metavar="S", help="How long to measure.",
)  # fmt: skip
@click.option("--per-layer", is_flag=True, help="List the time of every layer, too.")
@click.option(
    "--latency/--no-latency", default=None,
    help="Plan for single images.  [default: with --mode predict -b 1]",
)  # fmt: skip
@optimizer_option
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
    optimizer: str,
    conv_algo: str,
    threads: int,
    as_json: bool,
) -> None:
    """Measure how many images per second a network trains on or predicts.

    The data are random. A training step includes the update of the weights. Figures are medians
    after a warm-up. One multiply-accumulate of a convolution or dense layer counts as 2
    floating-point operations. peak_gflops is what the CPU reaches, in the same run, when it does
    nothing but multiply and add. In a prediction a batch is split into parts that fit into the
    caches, as predict does.

    The limits of a layer are the shortest times in which the CPU can do the multiplications of its
    formula, and read and write all its data once. Winograd's algorithm multiplies less, so it can
    exceed 100 %.
    """
    from cnncli.layers.base import Setup

    single = (mode, batch_size) == ("predict", 1)
    if latency and not single:
        raise UsageError("--latency is for single images: give --mode predict -b 1 with it")
    graph = resolve_arch(arch, classes=classes, input_shape=input_shape)
    setup = Setup(
        batch=batch_size,
        threads=threads,
        mode="train" if mode == "train" else "predict",
        conv_algo=conv_algo,
        latency=single if latency is None else latency,
    )
    record = _measure(graph, setup, optimizer, seconds)
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


def _measure(graph: Graph, setup: Setup, optimizer: str, seconds: float) -> dict[str, Any]:
    from cnncli.engine import Plan, Weights, choose_batch
    from cnncli.engine.limits import bucket, count_work, measure_machine
    from cnncli.engine.optimizers import OPTIMIZERS, Optimizer
    from cnncli.engine.timing import time_steps
    from cnncli.kernels import ISA

    weights = Weights(graph)
    weights.initialize("he", 0)
    together = setup.batch if setup.training else choose_batch(graph, setup)
    plan = Plan(graph, weights, replace(setup, batch=together))
    note(f"memory: {plan.bytes / 1e6:.1f} MB; measuring for {seconds:g} s")
    work = count_work(plan, setup.batch)
    sizes = {bucket(direction.bytes) for directions in work.values() for direction in directions}
    pause = min(seconds, PEAK_SECONDS)
    before = measure_machine(setup, pause, sizes)
    mover = None
    if setup.training:
        rule = OPTIMIZERS.read(optimizer)
        mover = Optimizer(rule, weights, weight_decay=5e-4, threads=setup.threads)
    times = time_steps(plan, setup.batch, seconds, mover)
    machine = before.best(measure_machine(setup, pause, sizes))
    layers = [
        _describe_step(name, times, machine, forward, backward)
        for name, (forward, backward) in work.items()
    ]
    flops = sum(layer.pop("flops") for layer in layers)
    return {
        "schema": 1,
        "command": "bench",
        "mode": "train" if setup.training else "predict",
        "batch_size": setup.batch,
        "threads": setup.threads,
        "instruction_set": ISA,
        "images_per_second": 1e3 * setup.batch / times.total_ms,
        "gflops": flops / times.total_ms / 1e6,
        "peak_gflops": machine.gflops,
        "layers": layers,
    }


def _describe_step(
    name: str, times: StepTimes, machine: Machine, forward: Work, backward: Work
) -> dict[str, Any]:
    """Return what a step took, beside the least that its multiplications and its memory take."""
    backward_ms = times.backward_ms.get(name)
    passes = [forward] if backward_ms is None else [forward, backward]
    taken = max(times.forward_ms[name] + (backward_ms or 0), 1e-9)
    flops = sum(work.flops for work in passes)
    least = sum(max(machine.compute_ms(work), machine.memory_ms(work)) for work in passes)
    return {
        "name": name,
        "forward_ms": times.forward_ms[name],
        "backward_ms": backward_ms,
        "gflops": flops / taken / 1e6,
        "compute_limit_ms": sum(map(machine.compute_ms, passes)),
        "memory_limit_ms": sum(map(machine.memory_ms, passes)),
        "reached": least / taken,
        "flops": flops,
    }


def _write_table(layers: list[dict[str, Any]]) -> None:
    width = max([len(layer["name"]) for layer in layers] + [5])
    write_line()
    write_line(
        f"{'':{width}}  {'':10}  {'':11}  {'':7}  {'limits of':^18}\n"
        f"{'layer':{width}}  forward ms  backward ms  GFLOP/s  FMA ms  memory ms  reached"
    )
    for layer in layers:
        backward = "" if layer["backward_ms"] is None else f"{layer['backward_ms']:.3f}"
        write_line(
            f"{layer['name']:{width}}  {layer['forward_ms']:10.3f}  {backward:>11}  "
            f"{layer['gflops']:7.1f}  {layer['compute_limit_ms']:6.3f}  "
            f"{layer['memory_limit_ms']:9.3f}  {layer['reached']:7.0%}"
        )
