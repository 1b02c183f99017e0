"""What the machine allows: the least time a step of a plan can take."""

from __future__ import annotations

import time

import numpy as np

from cnncli.engine.buffers import Layout
from cnncli.engine.fusion import INPUT, Operation
from cnncli.engine.plan import Plan
from cnncli.kernels import conv, elementwise
from cnncli.layers.base import Setup, Shape, volume
from cnncli.value import Value

SMALLEST, LARGEST = 1 << 18, 1 << 28  # bytes; beyond the largest, more are no slower
SECONDS = 0.02  # for each size of memory that is measured


class Work(Value):
    """What a pass of a step cannot do without."""

    flops: int  # of the convolution as it is defined; 1 multiply-accumulate is 2
    bytes: int  # read and written, if everything is touched just once


class Machine(Value):
    """What this machine reached when it was asked: multiply-adds, and bytes by working set."""

    gflops: float
    gigabytes: dict[int, float]  # per second, by the bytes of the arrays

    def best(self, other: Machine) -> Machine:
        """Return the better of two measurements, figure by figure."""
        gigabytes = {
            size: max(speed, other.gigabytes[size]) for size, speed in self.gigabytes.items()
        }
        return Machine(max(self.gflops, other.gflops), gigabytes)

    def compute_ms(self, work: Work) -> float:
        """Return the least time for the multiplications."""
        return work.flops / self.gflops / 1e6

    def memory_ms(self, work: Work) -> float:
        """Return the least time to read and write everything, from the cache that holds it."""
        return work.bytes / self.gigabytes[bucket(work.bytes)] / 1e6


def bucket(size: int) -> int:
    """Return the size of memory, a power of 4, whose speed stands for that of this size."""
    power = SMALLEST
    while power < min(size, LARGEST):
        power *= 4
    return power


def count_work(plan: Plan, n: int) -> dict[str, tuple[Work, Work]]:
    """Return the forward and backward work of every step for n images."""
    macs = {step.name: step.macs for step in plan.steps}
    return {
        step.name: (
            _count_forward(step, plan.layout, macs[step.name], n),
            _count_backward(step, plan.layout.shapes, macs[step.name], n),
        )
        for step in plan.layout.steps
    }


def _count_forward(step: Operation, layout: Layout, macs: int, n: int) -> Work:
    written = () if step.deferred else (step.output,)
    images = sum(volume(layout.shapes[value]) for value in (*step.reads, *written))
    images -= 2 * sum(volume(layout.shapes[value]) for value in _find_inputs_in_place(step, layout))
    return Work(2 * macs * n, 4 * (images * n + _count_weights(step)))


def _find_inputs_in_place(step: Operation, layout: Layout) -> set[str]:
    """Return the inputs that lie where the step would copy them."""
    slices = layout.slices
    return {value for value in step.inputs if value in slices and slices[value].of == step.output}


def _count_backward(step: Operation, shapes: dict[str, Shape], macs: int, n: int) -> Work:
    gradients = [value for value in step.reads if value != INPUT]
    read = [step.output]
    read += [step.output] if "y" in step.backward_reads else []
    read += step.inputs if "x" in step.backward_reads else []
    images = sum(volume(shapes[value]) for value in (*gradients, *read))
    passes = 1 + (INPUT not in step.inputs)
    return Work(2 * macs * passes * n, 4 * (images * n + passes * _count_weights(step)))


def _count_weights(step: Operation) -> int:
    parameters = step.working_layer.parameters(*step.input_shapes).values()
    return sum(parameter.size for parameter in parameters)


def measure_machine(setup: Setup, seconds: float, sizes: set[int]) -> Machine:
    """Measure this machine, its memory for `sizes` as `bucket` gives them."""
    return Machine(
        float(conv.peak_gflops(seconds, setup.threads)),
        {size: _measure_gigabytes(size, setup.threads) for size in sizes},
    )


def _measure_gigabytes(size: int, threads: int) -> float:
    """Return how fast c = a + b runs, over and over, on arrays of so many bytes together."""
    count = size // 12
    a, b, c = (np.ones(count, np.float32) for _ in range(3))
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end or best == float("inf"):
        start = time.perf_counter()
        elementwise.add(count, a, b, c, threads)
        best = min(best, time.perf_counter() - start)
    return 12 * count / best / 1e9
