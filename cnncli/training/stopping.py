"""When a training has nothing more to gain: the monitored figure, and patience with it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cnncli.training.events import Epoch
from cnncli.value import Value


class Monitor(Value):
    """The figure by which epochs are compared."""

    name: str
    higher: bool  # whether a higher one is better

    def read(self, epoch: Epoch) -> float | None:
        """Return the figure of an epoch; None where it is no finite number."""
        figure = epoch.figure(self.name)
        return figure if figure is not None and math.isfinite(figure) else None

    def is_best(self, epoch: Epoch, before: Sequence[Epoch]) -> bool:
        """Say whether an epoch is better than all before it; of equal ones the first is best."""
        return self.count_waiting([*before, epoch]) == 0

    def count_waiting(self, epochs: Sequence[Epoch], min_delta: float = 0.0) -> int:
        """Return how many epochs there are since the last that was better by more than `min_delta`.

        Better than the last that was so itself, as Keras' EarlyStopping counts: many steps that are
        too small, one by one, add up to one that is not. All epochs, where there is none.
        """
        waiting, best = 0, None
        for figure in map(self.read, epochs):
            waiting += 1
            if figure is None:
                continue
            gain = math.inf if best is None else figure - best if self.higher else best - figure
            if gain > min_delta:
                waiting, best = 0, figure
        return waiting
