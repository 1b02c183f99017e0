"""How long the steps of a plan take."""

from __future__ import annotations

import statistics
import time

import numpy as np

from cnncli.engine.optimizers import Optimizer
from cnncli.engine.plan import Plan
from cnncli.layers.base import Pass
from cnncli.value import Value

LEARNING_RATE = 1e-6  # too small to lead anywhere


class StepTimes(Value):
    """Medians, in milliseconds: of whole passes, and of each step by its name."""

    total_ms: float
    forward_ms: dict[str, float]
    backward_ms: dict[str, float]


def time_steps(plan: Plan, n: int, seconds: float, optimizer: Optimizer | None = None) -> StepTimes:
    """Run a plan on random images, warm-up first, and return median times.

    A whole step of training is what a training does: forward, loss, backward, the check that the
    gradient is finite, the optimizer. A prediction takes n images in parts of the plan's batch;
    times of its steps are those of all parts. Whole passes and single steps are timed in turn, so
    that a busy moment of the machine hits both.
    """
    numbers = np.random.default_rng(0)
    parts = [min(plan.setup.batch, n - start) for start in range(0, n, plan.setup.batch)]
    images = numbers.standard_normal(plan.input.shape, np.float32)
    labels = numbers.integers(0, plan.output.shape[-1], plan.output[..., 0].shape, np.int32)
    totals: list[float] = []
    forward: dict[str, list[float]] = {step.name: [] for step in plan.steps}
    backward: dict[str, list[float]] = {step.name: [] for step in plan.steps}

    def run(counted: bool) -> None:
        plan.input[:] = images
        start = time.perf_counter()
        if optimizer is None:
            for part in parts:
                plan.forward(part)
        else:
            plan.train_step(labels, n)
            optimizer.norm(plan.gradient)
            optimizer.step(plan.gradient, LEARNING_RATE)
        taken = time.perf_counter() - start
        plan.input[:] = images
        for step in plan.steps:
            _time(step.forward, parts[0], forward[step.name] if counted else [])
        if optimizer is not None:
            plan.loss(labels, n)
            for step in reversed(plan.steps):
                if step.backward is not None:
                    _time(step.backward, n, backward[step.name] if counted else [])
        if counted:
            totals.append(taken)

    run(counted=False)
    run(counted=False)
    end = time.perf_counter() + seconds
    while len(totals) < 3 or time.perf_counter() < end:
        run(counted=True)
    return StepTimes(
        1e3 * statistics.median(totals),
        {name: 1e3 * n / parts[0] * statistics.median(times) for name, times in forward.items()},
        {name: 1e3 * statistics.median(times) for name, times in backward.items() if times},
    )


def _time(run: Pass, n: int, times: list[float]) -> None:
    """Run a pass, and add its seconds to `times`."""
    start = time.perf_counter()
    run(n)
    times.append(time.perf_counter() - start)
