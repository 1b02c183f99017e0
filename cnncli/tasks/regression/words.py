"""Numbers in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncli.tasks.words import Record, Words

if TYPE_CHECKING:
    from cnncli.layers.base import Array
    from cnncli.tasks.regression.task import JudgedNumbers, Regression

COLUMNS = ("mae", "rmse", "r2", "mean")


class RegressionWords(Words):
    """What people read of numbers."""

    task: Regression

    def describe(self) -> str:
        """Add means and deviations."""
        task = self.task
        known = zip(task.outputs, task.mean, task.deviation, strict=True)
        numbers = [f"{name} ({mean:.4g} ± {deviation:.4g})" for name, mean, deviation in known]
        noun = "number" if len(numbers) == 1 else "numbers"
        return f"{len(numbers)} {noun} (mean ± deviation): {', '.join(numbers)}"

    def describe_set(self, targets: Array, noun: str) -> str:
        return f"{len(targets)} {noun}s with {', '.join(self.task.outputs)}"

    def describe_target(self, target: dict[str, float]) -> str:
        return self.describe_answer({"values": target})

    def summarize_validation(self, record: Record, noun: str) -> str:
        return (
            f"R2 {record['val_r2']:.4f}, mean absolute error {record['val_mae']:.4g} on "
            f"{record['val_images']} validation {noun}s"
        )

    def summarize(self, figures: Record) -> Iterator[str]:
        yield f"R2                   {_write(figures['r2'])}"
        yield f"mean absolute error  {_write(figures['mae'])}"
        yield f"root mean square     {_write(figures['rmse'])}"
        yield f"loss                 {_write(figures['loss'], '.4f')}"
        yield f"images               {figures['images']}"
        yield ""
        width = max(len("number"), *map(len, self.task.outputs))
        yield f"{'number':{width}}  " + "  ".join(f"{name:>10}" for name in COLUMNS)
        for number in figures["numbers"]:
            cells = "  ".join(f"{_write(number[name]):>10}" for name in COLUMNS)
            yield f"{number['name']:{width}}  {cells}"

    def tabulate(self, judged: JudgedNumbers) -> tuple[list[str], list[Sequence[Any]]]:
        header = [cell for name in self.task.outputs for cell in (name, f"{name}_predicted")]
        both = np.stack([judged.truth, judged.answer], axis=2).reshape(len(judged), -1)
        rows = zip(both.tolist(), judged.loss.astype(np.float32), strict=True)
        return [*header, "loss"], [[*numbers, loss] for numbers, loss in rows]

    def describe_answer(self, record: Record) -> str:
        known = zip(record["values"].items(), self.task.deviation, strict=True)
        return ", ".join(f"{_tell_apart(value, unit)} {name}" for (name, value), unit in known)

    def name_columns(self, top_k: int | None) -> list[str]:
        return list(self.task.outputs)

    def fill_row(self, record: Record, top_k: int | None) -> list[Any]:
        return list(record["values"].values())


def _tell_apart(value: float, deviation: float) -> str:
    """Return a number with digits enough to tell it from others of such a deviation."""
    beyond = math.log10(max(abs(value) / deviation, 1))
    return f"{value:.{min(4 + math.floor(beyond), 16)}g}"


def _write(value: float | None, form: str = ".4g") -> str:
    return "-" if value is None else format(value, form)
