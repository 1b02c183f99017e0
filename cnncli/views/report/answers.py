"""What a network answers to a labeled set, for a report: figures, mistakes, and what decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.render.report import Answers, Cell, Confusion, Exhibit, Group, Picture
from cnncli.tasks.classification.task import JudgedClass
from cnncli.tasks.tables import tabulate_confusion
from cnncli.tasks.words import Record
from cnncli.trained.model import Trained
from cnncli.trained.runner import judge_all
from cnncli.trained.sample import Sample, make_sample
from cnncli.views.report.pictures import METHOD, picture_map, picture_sample

if TYPE_CHECKING:
    from cnncli.data.source import LabeledData

WORST, BEST = 12, 6  # answers that are shown with their maps
MOST_CLASSES = 30  # of a table
IN_GROUP, RIGHT_ONES, IN_ALL = 12, 4, 240  # samples of a group, of right answers, of all groups
BATCH = 64

Numbers = NDArray[np.int64]


def answer_set(trained: Trained, labeled: LabeledData, threads: int) -> Answers:
    """Answer a labeled set, and choose what of it is shown."""
    images, task = labeled.samples, trained.task
    judged = judge_all(trained.open_runner(threads=threads), images, task)
    figures = task.compute_figures(judged)
    about = task.words.describe_set(images.targets, images.noun)
    heading = f"{images.samples.where}: {about} (split: {labeled.split})"
    lines = _cut_matrix(list(task.words.summarize(figures)), figures, task.outputs)
    if trained.masks is not None:
        return Answers(heading, lines, None, [], [], [], "")
    order = np.argsort(-judged.loss, kind="stable")
    if not isinstance(judged, JudgedClass):
        shown = _Shown(trained, labeled, judged, order[:WORST])
        return Answers(heading, lines, None, [], [], shown.explain(order[:WORST]), shown.method)
    right = judged.label == judged.predicted
    worst, best = order[~right[order]][:WORST], _pick_best(judged, order[right[order]])
    parts = list(_part(judged, order)) if len(task.outputs) <= MOST_CLASSES else []
    chosen = np.concatenate([worst, best, *(part[1] for part in parts)])
    shown = _Shown(trained, labeled, judged, chosen)
    return Answers(
        heading,
        lines,
        _make_confusion(task.outputs, judged) if parts else None,
        [shown.make_group(*part) for part in parts],
        shown.explain(best),
        shown.explain(worst),
        shown.method,
    )


def _cut_matrix(lines: list[str], figures: Record, names: Sequence[str]) -> list[str]:
    """Return the lines about a set without the confusion matrix at their end."""
    matrix = list(tabulate_confusion(figures["confusion"], names)) if "confusion" in figures else []
    return lines[: len(lines) - len(matrix)]


def _pick_best(judged: JudgedClass, right: Numbers) -> Numbers:
    """Return the surest right answer of each of the first classes; `right` has the surest last."""
    _, places = np.unique(judged.label[right][::-1], return_index=True)
    return right[::-1][places[:BEST]]


def name_group(label: int, predicted: int) -> str:
    """Return the name of the samples of a class that got an answer."""
    return f"taken-{label}-{predicted}"


def _part(judged: JudgedClass, order: Numbers) -> Iterator[tuple[tuple[int, int], Numbers, int]]:
    """Yield classes, samples to be shown, the worst first, and how many there are of each pair.

    Mistakes come before right answers, of which there are more than anybody looks at.
    """
    count, room = int(judged.label.max(initial=0)) + 1, IN_ALL
    count = max(count, int(judged.predicted.max(initial=0)) + 1)
    pairs = sorted(product(range(count), repeat=2), key=lambda pair: (pair[0] == pair[1], pair))
    for label, predicted in pairs:
        members = order[(judged.label[order] == label) & (judged.predicted[order] == predicted)]
        most = min(room, RIGHT_ONES if label == predicted else IN_GROUP)
        if len(members) and most:
            room -= len(members[:most])
            yield (label, predicted), members[:most], len(members)


def _make_confusion(classes: Sequence[str], judged: JudgedClass) -> Confusion:
    counts = np.zeros((len(classes), len(classes) + 1), np.int64)
    np.add.at(counts, (judged.label, judged.predicted), 1)
    totals = np.maximum(counts.sum(axis=1), 1)
    return Confusion(
        classes,
        [
            [
                Cell(count, count / totals[row], name_group(row, column) if count else "")
                for column, count in enumerate(line)
            ]
            for row, line in enumerate(counts[:, :-1].tolist())
        ],
    )


class _Shown:
    """The samples of a set that are shown, and what was judged of them."""

    def __init__(
        self, trained: Trained, labeled: LabeledData, judged: Any, chosen: Numbers
    ) -> None:
        self.trained, self.labeled = trained, labeled
        self.header, self.rows = trained.task.words.tabulate(judged)
        self.samples = dict(_pick(trained, labeled, {int(number) for number in chosen}))
        self.method = ""

    def explain(self, numbers: Numbers) -> list[Exhibit]:
        """Return samples with what speaks for the answer they got."""
        return [self._explain(int(number)) for number in numbers]

    def _explain(self, number: int) -> Exhibit:
        sample = self.samples[number]
        record = dict(zip(self.header, self.rows[number], strict=True))
        classes = dict.fromkeys(record.get(name) for name in ("predicted", "label"))
        outputs = [name for name in classes if name in self.trained.task.outputs] or [None]
        maps = [picture_map(self.trained, sample, output) for output in outputs]
        lines = [f"{name} {_write(value)}" for name, value in record.items()]
        pictures = [picture for picture in (picture_sample(sample), *maps) if picture is not None]
        if len(pictures) > 1:
            self.method = METHOD
        return Exhibit(pictures, [Path(sample.name).name, ", ".join(lines)])

    def make_group(self, pair: tuple[int, int], numbers: Numbers, total: int) -> Group:
        """Return samples of a class that got the same answer."""
        names = self.trained.task.outputs
        label, predicted = (names[number] for number in pair)
        title = f"{label}, right" if label == predicted else f"{label}, taken for {predicted}"
        pictures = [self._name(int(number)) for number in numbers]
        cut = f"{len(numbers)} of {total}." if len(numbers) < total else ""
        return Group(name_group(*pair), f"{title}: {total}", pictures, cut)

    def _name(self, number: int) -> Picture:
        sample = self.samples[number]
        picture = picture_sample(sample)
        return Picture(picture.png, picture.width, picture.height, Path(sample.name).name)


def _pick(trained: Trained, labeled: LabeledData, chosen: set[int]) -> Iterator[tuple[int, Sample]]:
    """Yield the chosen samples of a set with their numbers."""
    images, start = labeled.samples, 0
    for values, _ in images.in_order(BATCH):
        for number in chosen & set(range(start, start + len(values))):
            name = images.names[number]
            yield number, make_sample(name, values[number - start].copy(), trained.preprocessing)
        start += len(values)


def _write(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
