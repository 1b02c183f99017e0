"""What every task's answers and figures are in words, for people and for tables.

Legend: N samples. Nothing is printed here; commands ask for what there is to say. A sample's `noun`
is image or signal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Record = dict[str, Any]

SHOWN = 10  # names in a description


class Words:
    """What people read of a task, its figures and its answers."""

    def __init__(self, task: Any) -> None:
        self.task = task

    def describe(self) -> str:
        """Return how many outputs there are and what they are called."""
        outputs = self.task.outputs
        names = ", ".join(outputs[:SHOWN]) + (", …" if len(outputs) > SHOWN else "")
        return f"{len(outputs)} {self.task.plural}: {names}"

    def describe_set(self, targets: Any, noun: str) -> str:
        """Return what a set to evaluate on consists of: "60 images of 3 classes"."""
        return f"{len(targets)} {noun}s"

    def describe_target(self, target: dict[str, float]) -> str:
        """Return a record of `Task.read_target` in a few words: cat, or 60 % cat + 40 % dog."""
        if all(share == 1 for share in target.values()):
            return " | ".join(target) or "none"
        largest_first = sorted(target.items(), key=lambda item: -item[1])
        return " + ".join(f"{100 * share:.0f} % {name}" for name, share in largest_first)

    def summarize_validation(self, record: Record, noun: str) -> str:
        """Return what a record of `train` with the figures of a validation says."""
        raise NotImplementedError

    def summarize(self, figures: Record) -> Iterator[str]:
        """Yield the lines that show the figures of an evaluation."""
        raise NotImplementedError

    def tabulate(self, judged: Any) -> tuple[list[str], list[Sequence[Any]]]:
        """Return header and rows of a table of what each sample has and got, without its name."""
        raise NotImplementedError

    def describe_answer(self, record: Record) -> str:
        """Return a record of `Task.answer` as a line shows it."""
        raise NotImplementedError

    def name_columns(self, top_k: int | None) -> list[str]:
        """Return the header of a table of answers, without the sample's name."""
        raise NotImplementedError

    def fill_row(self, record: Record, top_k: int | None) -> list[Any]:
        """Return a record of `Task.answer` as a row of that table."""
        raise NotImplementedError
