"""The random numbers that a step takes for each sample of a batch."""

from __future__ import annotations

from dataclasses import replace

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
    step: str = ""

    def __len__(self) -> int:
        return len(self.samples)

    def uniform(self, low: float, high: float, purpose: str = "") -> Numbers:
        """Return a number from low up to, but not, high for each sample (n,)."""
        shares = (self.words(purpose) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return low + (high - low) * shares

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

    def beta(self, alpha: float, purpose: str = "") -> Numbers:
        """Return numbers from 0 to 1 with the distribution Beta(alpha, alpha) (n,).

        Made of two even numbers, by the one line of Devroye 1996 (Random variate generation in one
        line of code) from Bailey's polar method for Student's t (1994, Mathematics of Computation).
        """
        with np.errstate(divide="ignore", over="ignore"):
            radius = (1 - self.uniform(0, 1, f"{purpose} radius")) ** (-1 / alpha) - 1
            cosine = np.cos(2 * np.pi * self.uniform(0, 1, f"{purpose} angle"))
            numbers: Numbers = (1 + np.sign(cosine) / np.sqrt(1 + 1 / (radius * cosine**2))) / 2
        return numbers

    def words(self, purpose: str = "") -> NDArray[np.uint64]:
        """Return a number from 0 to 2^64 - 1 for each sample (n,), to begin others with."""
        return randomness.draw(self.seed, self.epoch, self.samples, self._name(purpose))

    def take(self, rows: NDArray[np.int64]) -> Draws:
        """Return the draws of some of the samples."""
        return replace(self, samples=self.samples[rows])

    def within(self, step: object) -> Draws:
        """Return draws for a step of this one, which have nothing to do with those of others."""
        return replace(self, step=f"{self.step} {step}".strip())

    def _name(self, purpose: str) -> str:
        return f"augment {self.step} {purpose}"
