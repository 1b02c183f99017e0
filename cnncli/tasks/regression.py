"""One or several numbers for each image.

Legend: N images, K numbers. Figures are float64, whatever the network computes in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cnncli.errors import DataError, ModelFileError
from cnncli.losses import Loss
from cnncli.losses.squared_error import SquaredError
from cnncli.samples import Samples
from cnncli.tasks.base import Judged, Record, Task, check_last_layer
from cnncli.tasks.metrics import Floats, distance_figures
from cnncli.tasks.reading import numbers_of

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.layers.base import Array

FIGURES = ("mae", "rmse", "r2")
FLOAT32_DIGITS = 7  # behind the first one of a standardized number


class JudgedNumbers(Judged):
    """What each of N images got, in the units of the data."""

    answer: Floats  # (N, K)
    truth: Floats  # (N, K)
    loss: Floats  # (N,) of the standardized numbers


class Regression(Task, name="regress"):
    """The outputs are numbers, standardized by what the training part has of them.

    A target is (number - mean) / deviation; an answer is brought back the same way.
    """

    loss: Loss = SquaredError()
    mean: tuple[float, ...] = ()  # of each number
    deviation: tuple[float, ...] = ()

    plural: ClassVar[str] = "numbers"
    losses: ClassVar[tuple[str, ...]] = ("mse", "mae", "huber")
    monitors: ClassVar[dict[str, bool]] = {"val_loss": False, "val_mae": False, "val_r2": True}
    gate: ClassVar[str] = "r2"
    has_confidence: ClassVar[bool] = False

    @classmethod
    def learn(cls, samples: Samples, loss: Loss) -> Regression:
        """See Task; a label column is taken where it holds a number for each image."""
        if not len(samples):
            raise DataError(f"{samples.where}: no {samples.noun}s; add some", path=samples.where)
        return cls(samples.columns, loss)

    def fitted(self, train: Samples) -> Regression:
        """Learn mean and deviation; raise DataError for a number that is always the same."""
        numbers = numbers_of(train, self.outputs)
        mean, deviation = numbers.mean(axis=0), numbers.std(axis=0)
        for name, low, high in zip(self.outputs, numbers.min(0), numbers.max(0), strict=True):
            if low == high:
                raise DataError(
                    f"{train.where}: {name} is {low:g} for every image to train on, so there is "
                    "nothing to learn; leave it out",
                    path=train.where,
                )
        if not np.isfinite(deviation).all():
            raise DataError(f"{train.where}: numbers too large; divide them", path=train.where)
        return replace(self, mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist()))

    def targets(self, samples: Samples) -> Array:
        """Return the standardized numbers, float32 (N, K), found by name; raise DataError."""
        standard = (numbers_of(samples, self.outputs) - np.array(self.mean)) / np.array(
            self.deviation
        )
        found: Array = standard.astype(np.float32)
        return found

    def check(self, graph: Graph) -> None:
        """See Task; raise ArchitectureError for a last layer that bounds the answers, too."""
        super().check(graph)
        check_last_layer(graph, "it cannot reach every number")

    def description(self) -> str:
        """Add means and deviations."""
        known = zip(self.outputs, self.mean, self.deviation, strict=True)
        each = [f"{name} ({mean:.4g} ± {deviation:.4g})" for name, mean, deviation in known]
        many = "number" if len(each) == 1 else "numbers"
        return f"{len(each)} {many} (mean ± deviation): {', '.join(each)}"

    def judge(self, outputs: Array, targets: Array) -> JudgedNumbers:
        """Compare outputs (N, K) with standardized numbers (N, K)."""
        return JudgedNumbers(
            self._restored(outputs), self._restored(targets), self.loss.measure(outputs, targets)
        )

    def validation(self, judged: JudgedNumbers) -> dict[str, float]:
        """Return the mean loss, and MAE and R2 as `figures` has them."""
        found = self.figures(judged)
        r2 = math.nan if found["r2"] is None else found["r2"]
        return {"val_loss": found["loss"], "val_mae": found["mae"], "val_r2": r2}

    def achieved(self, record: Record, what: str) -> str:
        """See Task."""
        return (
            f"R2 {record['val_r2']:.4f}, mean absolute error {record['val_mae']:.4g} on "
            f"{record['val_images']} validation {what}s"
        )

    def counted(self, targets: Array, what: str) -> str:
        """See Task."""
        return f"{len(targets)} {what}s with {', '.join(self.outputs)}"

    def figures(self, judged: JudgedNumbers) -> Record:
        """See Task; overall figures are the means over the numbers, R2 of those that have one."""
        pairs = zip(self.outputs, judged.answer.T, judged.truth.T, strict=True)
        numbers: list[Record] = [{"name": name, **distance_figures(*pair)} for name, *pair in pairs]
        known = {name: [one[name] for one in numbers if one[name] is not None] for name in FIGURES}
        return {
            "images": len(judged),
            **{
                name: float(np.mean(np.array(ones))) if ones else None
                for name, ones in known.items()
            },
            "loss": float(judged.loss.mean()),
            "numbers": numbers,
        }

    def summary(self, found: Record) -> Iterator[str]:
        """See Task."""
        yield f"R2                   {_shown(found['r2'])}"
        yield f"mean absolute error  {_shown(found['mae'])}"
        yield f"root mean square     {_shown(found['rmse'])}"
        yield f"loss                 {found['loss']:.4f}"
        yield f"images               {found['images']}"
        yield ""
        width = max(len("number"), *map(len, self.outputs))
        yield f"{'number':{width}}  {'mae':>10}  {'rmse':>10}  {'r2':>10}  {'mean':>10}"
        for one in found["numbers"]:
            cells = "  ".join(f"{_shown(one[name]):>10}" for name in (*FIGURES, "mean"))
            yield f"{one['name']:{width}}  {cells}"

    def table(self, judged: JudgedNumbers) -> tuple[list[str], list[Sequence[Any]]]:
        """See Task."""
        header = [cell for name in self.outputs for cell in (name, f"{name}_predicted")]
        both = np.stack([judged.truth, judged.answer], axis=2).reshape(len(judged), -1)
        rows = zip(both.tolist(), judged.loss.astype(np.float32), strict=True)
        return [*header, "loss"], [[*numbers, loss] for numbers, loss in rows]

    def answer(self, output: Array, top_k: int | None, least: float | None) -> Record:
        """Return the numbers by name."""
        values = self._restored(output[None])[0].tolist()
        return {"values": dict(zip(self.outputs, values, strict=True))}

    def words(self, record: Record) -> str:
        """See Task."""
        known = zip(record["values"].items(), self.deviation, strict=True)
        return ", ".join(f"{_told(value, unit)} {name}" for (name, value), unit in known)

    def columns(self, top_k: int | None) -> list[str]:
        """See Task."""
        return list(self.outputs)

    def cells(self, record: Record, top_k: int | None) -> list[Any]:
        """See Task."""
        return list(record["values"].values())

    def to_manifest(self) -> Record:
        """Add means and deviations."""
        own = {"mean": list(self.mean), "deviation": list(self.deviation)}
        return {**super().to_manifest(), **own}

    @classmethod
    def from_manifest(cls, outputs: tuple[str, ...], value: Record) -> Regression:
        """See Task."""
        mean, deviation = (value.get(name) for name in ("mean", "deviation"))
        sound = all(
            isinstance(ones, list)
            and len(ones) == len(outputs)
            and all(type(one) in (int, float) and least < one < math.inf for one in ones)
            for ones, least in ((mean, -math.inf), (deviation, 0))
        )
        if not sound or set(value) != {"name", "loss", "mean", "deviation"}:
            raise ModelFileError("its manifest does not say what its numbers are")
        return cls(outputs, cls.stored_loss(value), tuple(mean or ()), tuple(deviation or ()))

    def _restored(self, standard: Array) -> Floats:
        """Return numbers (N, K) from standardized ones, with the digits that float32 holds."""
        restored: Floats = standard.astype(np.float64) * self.deviation + np.array(self.mean)
        for column, deviation in zip(restored.T, self.deviation, strict=True):
            column[:] = np.round(column, FLOAT32_DIGITS - math.floor(math.log10(deviation)))
        return restored


def _told(value: float, deviation: float) -> str:
    """Return a number with digits enough to tell it from others of such a deviation."""
    beyond = math.log10(max(abs(value) / deviation, 1))
    return f"{value:.{min(4 + math.floor(beyond), 16)}g}"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
