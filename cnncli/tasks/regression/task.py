"""Numbers for each sample.

Legend: N samples, K numbers. Figures are float64, whatever the network computes in.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import DataError, ModelFileError
from cnncli.losses import Loss
from cnncli.losses.squared_error import SquaredError
from cnncli.samples import Samples
from cnncli.tasks.base import QUIETLY, Judged, Task, refuse_bounded
from cnncli.tasks.metrics import Floats, finite_or_none, measure_distances
from cnncli.tasks.reading import read_numbers
from cnncli.tasks.regression.words import RegressionWords
from cnncli.tasks.words import Record

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.layers.base import Array

FIGURES = ("mae", "rmse", "r2")
SMALLEST, LARGEST = 1e-100, 1e100  # between them, nothing computed here overflows
FLOAT32_DIGITS = 7  # behind the first of a standardized number


class JudgedNumbers(Judged):
    """What each of N samples got, in the units of the data."""

    answer: Floats  # (N, K)
    truth: Floats  # (N, K)
    loss: Floats  # (N,) of the standardized numbers

    @property
    def failed(self) -> NDArray[np.bool_]:
        return np.asarray(~np.isfinite(self.answer).all(axis=1))


class Regression(Task, name="regress"):
    """The outputs are numbers, standardized by what the training part has of them.

    A target is (number - mean) / deviation; an answer is brought back the same way.
    """

    loss: Loss = SquaredError()
    mean: tuple[float, ...] = ()  # of each number
    deviation: tuple[float, ...] = ()

    singular: ClassVar[str] = "number"
    plural: ClassVar[str] = "numbers"
    monitors: ClassVar[dict[str, bool]] = {"val_loss": False, "val_mae": False, "val_r2": True}
    gate: ClassVar[str] = "r2"
    has_confidence: ClassVar[bool] = False

    @property
    def words(self) -> RegressionWords:
        return RegressionWords(self)

    @classmethod
    def learn(cls, samples: Samples, loss: Loss) -> Regression:
        """Take all columns; a label column holds a number for each sample then."""
        if not len(samples):
            raise DataError(f"{samples.where}: no {samples.noun}s; add some", path=samples.where)
        return cls(samples.columns, loss)

    @QUIETLY
    def learn_from_training(self, train: Samples) -> Regression:
        """Learn mean and deviation; raise DataError for a number that is always the same.

        So for one that is too large or too small for float64 to compute with.
        """
        numbers = read_numbers(train, self.outputs)
        mean, deviation = numbers.mean(axis=0), numbers.std(axis=0)
        for name, low, high in zip(self.outputs, numbers.min(0), numbers.max(0), strict=True):
            if low == high:
                raise DataError(
                    f"{train.where}: {name} is {low:g} for every image to train on, so there is "
                    "nothing to learn; leave it out",
                    path=train.where,
                )
        sound = (deviation > SMALLEST) & (deviation < LARGEST) & (np.abs(mean) < LARGEST)
        if not sound.all():
            name = self.outputs[int(sound.argmin())]
            raise DataError(
                f"{train.where}: {name} is too large or too small to compute with; rescale it",
                path=train.where,
            )
        return replace(self, mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()))

    def make_targets(self, samples: Samples) -> Array:
        """Return the standardized numbers, float32 (N, K), found by name; raise DataError."""
        numbers, deviation = read_numbers(samples, self.outputs), np.array(self.deviation)
        targets: Array = ((numbers - np.array(self.mean)) / deviation).astype(np.float32)
        return targets

    def check(self, graph: Graph) -> None:
        """Raise ArchitectureError for another shape, or a last layer that bounds the answers."""
        super().check(graph)
        refuse_bounded(graph, "it cannot reach every number")

    @QUIETLY
    def judge(self, outputs: Array, targets: Array) -> JudgedNumbers:
        """Compare outputs (N, K) with standardized numbers (N, K)."""
        return JudgedNumbers(
            self._restore(outputs), self._restore(targets), self.loss.measure(outputs, targets)
        )

    def monitor(self, judged: JudgedNumbers) -> dict[str, float]:
        """Return the mean loss, and MAE and R2 as `compute_figures` has them."""
        figures = self.compute_figures(judged)
        mae, r2 = (math.nan if figures[name] is None else figures[name] for name in ("mae", "r2"))
        return {"val_loss": float(judged.loss.mean()), "val_mae": mae, "val_r2": r2}

    @QUIETLY
    def compute_figures(self, judged: JudgedNumbers) -> Record:
        """Return the figures; overall figures are means over the numbers."""
        pairs = zip(self.outputs, judged.answer.T, judged.truth.T, strict=True)
        numbers: list[Record] = [
            {"name": name, **measure_distances(*pair)} for name, *pair in pairs
        ]
        known = {name: [row[name] for row in numbers if row[name] is not None] for name in FIGURES}
        return {
            "images": len(judged),
            **{
                name: float(np.mean(np.array(values))) if values else None
                for name, values in known.items()
            },
            "loss": finite_or_none(judged.loss.mean()),
            "numbers": numbers,
        }

    def answer(self, output: Array, top_k: int | None, least: float | None) -> Record:
        """Return the numbers by name."""
        return {"values": self.read_target(output)}

    def read_target(self, target: Array) -> dict[str, float]:
        """Return the numbers by name."""
        return dict(zip(self.outputs, self._restore(target[None])[0].tolist(), strict=True))

    def to_manifest(self) -> Record:
        """Add means and deviations."""
        learned = {"mean": list(self.mean), "deviation": list(self.deviation)}
        return {**super().to_manifest(), **learned}

    @classmethod
    def from_manifest(cls, outputs: tuple[str, ...], value: Record) -> Regression:
        mean, deviation = (value.get(name) for name in ("mean", "deviation"))
        sound = _are_numbers(mean, len(outputs), above=-LARGEST)
        sound = sound and _are_numbers(deviation, len(outputs), above=SMALLEST)
        if not sound or set(value) != {"name", "loss", "mean", "deviation"}:
            raise ModelFileError("its manifest does not say what its numbers are")
        return cls(outputs, cls.read_loss(value), tuple(mean or ()), tuple(deviation or ()))

    def _restore(self, standard: Array) -> Floats:
        """Return numbers (N, K) from standardized ones, with the digits that float32 holds."""
        restored: Floats = standard.astype(np.float64) * self.deviation + np.array(self.mean)
        for column, deviation in zip(restored.T, self.deviation, strict=True):
            column[:] = np.round(column, FLOAT32_DIGITS - math.floor(math.log10(deviation)))
        return restored


def _are_numbers(values: object, count: int, *, above: float) -> bool:
    """Say whether this is a list of so many finite numbers above a bound."""
    return (
        isinstance(values, list)
        and len(values) == count
        and all(type(value) in (int, float) and above < value < LARGEST for value in values)
    )
