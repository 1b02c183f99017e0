"""One class for each sample, found by softmax.

Legend: N samples, K classes. Figures are float64, whatever the network computes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import DataError
from cnncli.losses import Loss
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.samples import Samples
from cnncli.tasks.base import QUIETLY, Judged, Task, refuse_narrow
from cnncli.tasks.class_figures import measure_classes
from cnncli.tasks.classification.words import ClassificationWords
from cnncli.tasks.metrics import (
    Floats,
    calibration_error,
    finite_or_none,
    probabilities,
    wilson_interval,
)
from cnncli.tasks.reading import read_classes, refuse_unknown
from cnncli.tasks.temperature import FEWEST, find_temperature
from cnncli.tasks.words import Record
from cnncli.wording import count_names

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.layers.base import Array

Integers = NDArray[np.int64]


class JudgedClass(Judged):
    """What each of N samples got."""

    label: Integers  # (N,) index of the true class
    predicted: Integers  # (N,) index of the likeliest class, the first of equals; -1: none
    confidence: Floats  # (N,) its probability, 0 where there is none
    logits: Array  # (N, K)
    loss: Floats  # (N,) cross-entropy in nats
    rank: Integers  # (N,) how many classes were likelier than the true class; K without an answer

    @property
    def failed(self) -> NDArray[np.bool_]:
        return self.predicted < 0


class Classification(Task, name="classify"):
    """The outputs are classes in the byte order of their names; targets are their positions."""

    loss: Loss = CrossEntropy()

    singular: ClassVar[str] = "class"
    plural: ClassVar[str] = "classes"
    usual_smoothing: ClassVar[float] = 0.1
    monitors: ClassVar[dict[str, bool]] = {"val_loss": False, "val_accuracy": True}
    gate: ClassVar[str] = "accuracy"
    has_confusion: ClassVar[bool] = True

    @property
    def words(self) -> ClassificationWords:
        return ClassificationWords(self)

    @classmethod
    def learn(cls, samples: Samples, loss: Loss) -> Classification:
        """Take the classes that occur, of which there have to be two or more."""
        if samples.empty:
            empty = count_names(samples.empty, "class", "classes")
            raise DataError(
                f"{samples.where}: no {samples.noun}s in {empty}"
                f"{samples.instead or '; add some or remove the folder'}",
                path=samples.where,
            )
        classes = tuple(sorted(set(read_classes(samples)), key=str.encode))
        if not classes:
            raise DataError(f"{samples.where}: no {samples.noun}s; add some", path=samples.where)
        if len(classes) == 1:
            raise DataError(
                f"{samples.where}: only one class ({classes[0]}); training needs two or more",
                path=samples.where,
            )
        return cls(classes, loss)

    def stratify(self, samples: Samples) -> Sequence[str]:
        """Return the classes."""
        return samples.labels

    def make_targets(self, samples: Samples) -> NDArray[np.int32]:
        """Return the class of each sample, int32 (N,), by its name; raise DataError for others."""
        number = {name: i for i, name in enumerate(self.outputs)}
        labels = read_classes(samples)
        refuse_unknown(samples, labels, self.outputs, "class", "classes")
        return np.array([number[label] for label in labels], np.int32)

    def count_samples(self, targets: NDArray[np.int32]) -> list[int]:
        """Return the samples of each class."""
        counts: list[int] = np.bincount(targets, minlength=len(self.outputs)).tolist()
        return counts

    def make_shares(self, targets: NDArray[np.int32]) -> Array:
        """Return 1 for the class of each sample and 0 for the others."""
        shares: Array = np.eye(len(self.outputs), dtype=np.float32)[targets]
        return shares

    def read_target(self, target: Any) -> dict[str, float]:
        """Return the class, or the shares (K,) of a sample that is mixed of several."""
        return super().read_target(target) if np.ndim(target) else {self.outputs[target]: 1.0}

    def smooth_loss(self, smoothing: float) -> Loss:
        """Return cross-entropy with this label smoothing."""
        return self.loss.with_smoothing(smoothing)

    def calibrate(self, judged: JudgedClass) -> tuple[float, JudgedClass]:
        """Find the temperature at which the mean confidence is the share of right answers."""
        if len(judged) < FEWEST or judged.failed.any():
            return 1.0, judged
        right = int((judged.label == judged.predicted).sum())
        temperature = find_temperature(
            judged.logits, right, len(judged), lambda logits: probabilities(logits).max(axis=1)
        )
        return temperature, self.judge(
            judged.logits / np.float32(temperature), judged.label.astype(np.int32)
        )

    def check_to_train(self, graph: Graph) -> None:
        """Raise ArchitectureError for an end that keeps the softmax from being sure."""
        refuse_narrow(graph, len(self.outputs))

    @QUIETLY
    def judge(self, outputs: Array, targets: NDArray[np.int32]) -> JudgedClass:
        """Compare logits (N, K) with the true classes (N,)."""
        rows = np.arange(len(targets))
        true = outputs[rows, targets][:, None]
        earlier_equals = (outputs == true) & (np.arange(outputs.shape[1]) < targets[:, None])
        predicted = outputs.argmax(axis=1)
        rank = ((outputs > true) | earlier_equals).sum(axis=1)
        failed = ~np.isfinite(outputs).all(axis=1)
        return JudgedClass(
            label=np.asarray(targets, np.int64),
            predicted=np.where(failed, -1, predicted),
            confidence=np.where(failed, 0, probabilities(outputs)[rows, predicted]),
            logits=outputs.copy(),
            loss=self.loss.measure(outputs, targets),
            rank=np.where(failed, outputs.shape[1], rank),
        )

    def monitor(self, judged: JudgedClass) -> dict[str, float]:
        """Return the mean cross-entropy and the share of right answers."""
        right = judged.label == judged.predicted
        return {"val_loss": float(judged.loss.mean()), "val_accuracy": float(right.mean())}

    def compute_figures(self, judged: JudgedClass) -> Record:
        """Return the figures; confusion has a row per true class, a column per predicted class.

        What has no answer is in no column.
        """
        confusion = np.zeros((len(self.outputs), len(self.outputs) + 1), np.int64)
        np.add.at(confusion, (judged.label, judged.predicted), 1)
        correct = judged.label == judged.predicted
        classes = measure_classes(self.outputs, confusion)
        recalls = [row["recall"] for row in classes if row["recall"] is not None]
        return {
            "images": len(correct),
            "accuracy": float(correct.mean()),
            "accuracy_interval": list(wilson_interval(int(correct.sum()), len(correct))),
            "top5_accuracy": self._measure_top_five(judged),
            "loss": finite_or_none(judged.loss.mean()),
            "balanced_accuracy": sum(recalls) / len(recalls),
            "ece": calibration_error(judged.confidence, correct),
            "classes": classes,
            "confusion": confusion[:, :-1].tolist(),
        }

    def _measure_top_five(self, judged: JudgedClass) -> float | None:
        """Return how often the true class is among the likeliest five; None where all are."""
        if len(self.outputs) <= 5:
            return None
        return float(((judged.rank < 5) & ~judged.failed).mean())

    def compute_chances(self, outputs: Array) -> Floats:
        """Return the softmax of logits (N, K)."""
        return probabilities(outputs)

    def answer(self, output: Array, top_k: int | None, least: float | None) -> Record:
        """Return label and confidence of the likeliest class, and the likeliest few."""
        chances = self.compute_chances(output[None])[0].astype(np.float32)
        order = np.argsort(-output, kind="stable")[: top_k or 1]
        top = [{"label": self.outputs[i], "confidence": chances[i]} for i in order]
        top = [guess for guess in top if guess["confidence"] >= (least or 0)]
        return {
            "label": top[0]["label"] if top else None,
            "confidence": chances[order[0]],
            "top": top,
        }

    def to_manifest(self) -> Record:
        """Return nothing: a model file that names no task is for classification."""
        return {}

    @classmethod
    def from_manifest(cls, outputs: tuple[str, ...], value: Record) -> Classification:
        return cls(outputs) if not value else super().from_manifest(outputs, value)
