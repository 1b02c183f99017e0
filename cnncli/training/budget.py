"""Trainings that end in time: as many epochs as fit into what is left of a budget."""

from __future__ import annotations

import os
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncli.errors import UsageError, setting
from cnncli.graph import Graph
from cnncli.training.demand import check_demand
from cnncli.training.rehearsal import Pace, rehearse
from cnncli.training.settings import Settings, choose_settings
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData

# Shares of the budget:
MEASURING = 0.025  # for the steps, and as much at most for the validation
AIM = 0.97  # when the training is to end, but for writing its checkpoints
LATEST = 1.03  # when it has to


def find_start() -> float:
    """Return when this process was started, of time.monotonic().

    On systems other than Linux it is when it would have been had the processor waited for nothing.
    """
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[19])  # starttime, number 22 of all in proc(5), since the machine booted
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        age = time.process_time()
    return time.monotonic() - age


class Budget(Value):
    """The time that a training may take from its beginning, the reading of its data included."""

    seconds: float
    began: float  # of time.monotonic()

    def plan(
        self, data: TrainingData, graph: Graph, given: dict[str, Any]
    ) -> tuple[Settings, float]:
        """Return settings with epochs that fit, and the time after which no step is to begin.

        All but the epochs is chosen as by `choose_settings`. A few steps are taken to see how long
        they take; with the same epochs, but no budget, a training ends with the same bytes.
        """
        first = choose_settings(given, graph, data.task, len(data.train))
        check_demand(data, graph, first)
        pace = rehearse(data, graph, first, self.seconds * MEASURING)
        left = self.began + self.seconds * AIM - time.monotonic()
        epochs = fit_epochs(pace, left)
        if not epochs:
            least = (self.seconds - left + pace.step + pace.validation) / AIM
            raise UsageError(
                f"{setting('budget')} {self.seconds:g}s: too short for a step, a validation and "
                f"what comes before; give {least + 1:.0f}s or more"
            )
        settings = choose_settings({**given, "epochs": epochs}, graph, data.task, len(data.train))
        return settings, self.began + self.seconds * LATEST - pace.validation


def fit_epochs(pace: Pace, seconds: float) -> float:
    """Return how many epochs, each with its validation, take so long; 0 where there is no time.

    The number has as few digits as make the same steps.
    """
    whole, rest = divmod(max(0.0, seconds), pace.epoch)
    steps = int(whole) * pace.steps + max(0, int((rest - pace.validation) / pace.step))
    return next(
        epochs
        for digits in count()
        if round((epochs := round(steps / pace.steps, digits)) * pace.steps) == steps
    )
