"""Learning-rate schedules: the factor on the learning rate at each point of a training."""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[float], float]  # from the share of the training done, 0 to 1


def constant(done: float) -> float:
    """Stay the same."""
    return 1.0


def step(done: float) -> float:
    """Fall to a tenth after half of the training, to a hundredth after three quarters."""
    return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


def cosine(done: float) -> float:
    """Fall along half a cosine from 1 to 0 (Loshchilov & Hutter 2017, arXiv:1608.03983)."""
    return (1 + math.cos(math.pi * done)) / 2


def onecycle(done: float) -> float:
    """Rise from 1/25 over the first 30 %, then fall to nearly 0 (Smith & Topin, arXiv:1708.07120).

    Both ways along a cosine, as torch.optim.lr_scheduler.OneCycleLR does.
    """
    if done < 0.3:
        return 1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * done / 0.3)) / 2
    return 4e-6 + (1 - 4e-6) * (1 + math.cos(math.pi * (done - 0.3) / 0.7)) / 2


SCHEDULES: dict[str, Schedule] = {one.__name__: one for one in (constant, step, cosine, onecycle)}


def learning_rate(
    peak: float, name: str, steps_done: int, steps_per_epoch: int, epochs: int, warmup_epochs: float
) -> float:
    """Return the rate for the next step: linear warm-up to `peak`, then the schedule."""
    warmup = warmup_epochs * steps_per_epoch
    if steps_done < warmup:
        return peak * (steps_done + 1) / (warmup + 1)
    rest = max(1.0, epochs * steps_per_epoch - warmup)
    return peak * SCHEDULES[name]((steps_done - warmup) / rest)
