"""Learning-rate schedules: the factor on the learning rate at each point of a training."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from cnncli.registry import Named, Registry

SCHEDULES: Registry[type[Schedule]] = Registry("lr_schedule")


class Schedule(Named):
    """How the learning rate changes in the course of a training."""

    registry: ClassVar[Registry[Any]] = SCHEDULES
    warms_up: ClassVar[bool] = False  # it rises by itself at first

    def factor(self, done: float) -> float:
        """Return the factor on the highest rate when this share of the training is done, 0 to 1."""
        raise NotImplementedError


class Constant(Schedule, name="constant"):
    """The same all along."""

    def factor(self, done: float) -> float:
        return 1.0


class StepDecay(Schedule, name="step"):
    """A tenth after half of the training, a hundredth after three quarters."""

    def factor(self, done: float) -> float:
        return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


class Cosine(Schedule, name="cosine"):
    """Half a cosine from 1 to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983)."""

    def factor(self, done: float) -> float:
        return (1 + math.cos(math.pi * done)) / 2


class Linear(Schedule, name="linear"):
    """In a line from 1 to 0, the best in the worst case (Defazio et al. 2023, arXiv:2310.07831)."""

    def factor(self, done: float) -> float:
        return 1 - done


class OneCycle(Schedule, name="onecycle"):
    """From 1/25 up over the first 30 %, then down to nearly 0 (Smith & Topin, arXiv:1708.07120).

    Both ways along a cosine, as torch.optim.lr_scheduler.OneCycleLR does.
    """

    warms_up = True

    def factor(self, done: float) -> float:
        if done < 0.3:
            return 1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * done / 0.3)) / 2
        return 4e-6 + (1 - 4e-6) * (1 + math.cos(math.pi * (done - 0.3) / 0.7)) / 2


def learning_rate(
    peak: float, schedule: Schedule, steps_done: int, steps: int, warmup: float
) -> float:
    """Return the rate for the next step of so many: linear warm-up to `peak`, then the schedule.

    `warmup` is how many steps the warm-up takes, which need not be a whole number.
    """
    if steps_done < warmup:
        return peak * (steps_done + 1) / (warmup + 1)
    return peak * schedule.factor((steps_done - warmup) / max(1.0, steps - warmup))
