"""The random numbers that a step takes for each sample of a batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnncli import randomness
from cnncli.value import Value

Numbers = NDArray[np.float64]  # (n,), one per sample


class Draws(Value):
    """Draws numbers by seed, epoch, sample, and the place of the step in its augmentation.

    So they are the same for any number of threads, in any batch, and after a resume. A step that
    needs several numbers draws each for a purpose of its own.
    """

    seed: int
    epoch: int
    samples: NDArray[np.int64]  # (n,), see randomness.draw
    step: int = 0

    def __len__(self) -> int:
        return len(self.samples)

    def uniform(self, low: float, high: float, purpose: str = "") -> Numbers:
        """Return a number from low up to, but not, high for each sample (n,)."""
        words = randomness.draw(self.seed, self.epoch, self.samples, self._name(purpose))
        return low + (high - low) * ((words >> np.uint64(11)).astype(np.float64) * 2.0**-53)

    def whole(self, low: int, high: int, purpose: str = "") -> Numbers:
        """Return a whole number from low to high for each sample (n,)."""
        return np.minimum(np.floor(self.uniform(low, high + 1, purpose)), high)

    def chance(self, share: float, purpose: str = "") -> NDArray[np.bool_]:
        """Say for each sample whether what happens to this share of them happens to it (n,)."""
        happens: NDArray[np.bool_] = self.uniform(0, 1, purpose) < share
        return happens

    def alternate(self, purpose: str = "") -> NDArray[np.bool_]:
        """Say for each sample whether it is its turn: every second epoch, for half of them now."""
        words = randomness.draw(self.seed, 0, self.samples, self._name(purpose))
        turns: NDArray[np.bool_] = words % np.uint64(2) != np.uint64(self.epoch % 2)
        return turns

    def _name(self, purpose: str) -> str:
        return f"augment {self.step} {purpose}"
