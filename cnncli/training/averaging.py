"""Averages of weights over the steps of a training, which are better than the last weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnncli.engine import Weights


class Average:
    """Follows the weights of a training as their exponential moving average.

    Each step moves it by 1 - decay of the way to the new weights. As in TensorFlow's
    ExponentialMovingAverage, the decay of step t is at most (t - 1) / (t + 8): so the first weights
    are taken as they are, and at any time the average is over a ninth of the steps at most. Running
    statistics of bn are averaged with the weights, as by timm's ModelEma, and found anew by
    `settle_statistics` before they are used: they are not those of averaged weights, the less so
    the higher the learning rate. (Sample digits, 8 epochs at a constant rate, mean of three seeds:
    86.2 % with statistics that are averaged, 91.0 % with those found anew, 81.0 % without an
    average. At the end of a cosine all three are equal.)
    """

    def __init__(self, weights: Weights, decay: float) -> None:
        self.current, self.decay = weights, decay
        self.weights = Weights(weights.graph, weights.frozen)  # the average
        self._pairs = [(self.weights.learned, weights.learned)]
        for name, array in weights.arrays.items():
            if name.partition("/")[0] in weights.frozen:
                self.weights.arrays[name] = array  # which does not change
            elif name not in weights.offsets:
                self._pairs.append((self.weights.arrays[name], array))
        largest = max(average.size for average, _ in self._pairs)
        self._difference = np.empty(largest, np.float32)

    def update(self, step: int) -> None:
        """Take in the weights that step number `step`, from 1, has led to."""
        share = 1 - min(self.decay, (step - 1) / (step + 8))
        for average, current in self._pairs:
            difference = self._difference[: average.size]
            np.subtract(current, average, out=difference)
            difference *= np.float32(share)
            average += difference

    def settle_statistics(self, run: Callable[[], None]) -> None:
        """Give the average the statistics that its own weights have in the samples to train on.

        `run` runs the network of the training on some of them; meanwhile the average stands in the
        place of the current weights.
        """
        if len(self._pairs) == 1:
            return
        before = [current.copy() for _, current in self._pairs]
        for average, current in self._pairs:
            current[:] = average
        run()
        for (average, current), values in zip(self._pairs, before, strict=True):
            average[:] = current  # of which a run changes the statistics alone
            current[:] = values
