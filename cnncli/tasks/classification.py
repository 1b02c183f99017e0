"""One class for each image, found by softmax.

Legend: N images, K classes. Figures are float64, whatever the network computes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import DataError
from cnncli.losses import Loss
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.samples import Samples
from cnncli.tasks.base import Judged, Record, Task
from cnncli.tasks.class_figures import class_figures, matrix, shares_table
from cnncli.tasks.metrics import Floats, calibration_error, probabilities, wilson_interval
from cnncli.tasks.reading import classes_of, refuse_unknown
from cnncli.wording import listed

if TYPE_CHECKING:
    from cnncli.layers.base import Array

Integers = NDArray[np.int64]


class JudgedClass(Judged):
    """What each of N images got."""

    label: Integers  # (N,) index of the true class
    predicted: Integers  # (N,) index of the likeliest class, the first of equals
    confidence: Floats  # (N,) its probability
    loss: Floats  # (N,) cross-entropy in nats
    rank: Integers  # (N,) how many classes were likelier than the true one


class Classification(Task, name="classify"):
    """The outputs are classes in the byte order of their names; targets are their positions."""

    loss: Loss = CrossEntropy()

    plural: ClassVar[str] = "classes"
    losses: ClassVar[tuple[str, ...]] = ("cross-entropy",)
    smoothing: ClassVar[float] = 0.1
    monitors: ClassVar[dict[str, bool]] = {"val_loss": False, "val_accuracy": True}
    gate: ClassVar[str] = "accuracy"
    has_confusion: ClassVar[bool] = True

    @classmethod
    def learn(cls, samples: Samples, loss: Loss) -> Classification:
        """See Task; there have to be two classes or more."""
        if samples.empty:
            empty = listed(samples.empty, "class", "classes")
            raise DataError(
                f"{samples.where}: no {samples.noun}s in {empty}; add some or remove the folder",
                path=samples.where,
            )
        classes = tuple(sorted(set(classes_of(samples)), key=str.encode))
        if not classes:
            raise DataError(f"{samples.where}: no {samples.noun}s; add some", path=samples.where)
        if len(classes) == 1:
            raise DataError(
                f"{samples.where}: only one class ({classes[0]}); training needs two or more",
                path=samples.where,
            )
        return cls(classes, loss)

    def strata(self, samples: Samples) -> Sequence[str]:
        """Return the classes."""
        return samples.labels

    def targets(self, samples: Samples) -> NDArray[np.int32]:
        """Return each image's class, int32 (N,), found by name; raise DataError for others."""
        number = {name: i for i, name in enumerate(self.outputs)}
        labels = classes_of(samples)
        refuse_unknown(samples, labels, self.outputs, "class", "classes")
        return np.array([number[label] for label in labels], np.int32)

    def training_loss(self, smoothing: float) -> Loss:
        """Return cross-entropy with this label smoothing."""
        return self.loss.with_smoothing(smoothing)

    def judge(self, outputs: Array, targets: NDArray[np.int32]) -> JudgedClass:
        """Compare logits (N, K) with the true classes (N,)."""
        rows = np.arange(len(targets))
        true = outputs[rows, targets][:, None]
        earlier_equals = (outputs == true) & (np.arange(outputs.shape[1]) < targets[:, None])
        predicted = outputs.argmax(axis=1)
        return JudgedClass(
            label=np.asarray(targets, np.int64),
            predicted=predicted,
            confidence=probabilities(outputs)[rows, predicted],
            loss=self.loss.measure(outputs, targets),
            rank=((outputs > true) | earlier_equals).sum(axis=1),
        )

    def validation(self, judged: JudgedClass) -> dict[str, float]:
        """Return the mean cross-entropy and the share of right answers."""
        right = judged.label == judged.predicted
        return {"val_loss": float(judged.loss.mean()), "val_accuracy": float(right.mean())}

    def achieved(self, record: Record, what: str) -> str:
        """See Task."""
        right = 100 * record["val_accuracy"]
        return f"{right:.2f} % of {record['val_images']} validation {what}s right"

    def counted(self, targets: NDArray[np.int32], what: str) -> str:
        """See Task."""
        return f"{len(targets)} {what}s of {len(np.unique(targets))} classes"

    def figures(self, judged: JudgedClass) -> Record:
        """See Task; the confusion matrix has a row per true class, a column per predicted one."""
        confusion = np.zeros((len(self.outputs), len(self.outputs)), np.int64)
        np.add.at(confusion, (judged.label, judged.predicted), 1)
        correct = judged.label == judged.predicted
        classes = class_figures(self.outputs, confusion)
        recalls = [one["recall"] for one in classes if one["recall"] is not None]
        return {
            "images": len(correct),
            "accuracy": float(correct.mean()),
            "accuracy_interval": list(wilson_interval(int(correct.sum()), len(correct))),
            "top5_accuracy": float((judged.rank < 5).mean()),
            "loss": float(judged.loss.mean()),
            "balanced_accuracy": sum(recalls) / len(recalls),
            "ece": calibration_error(judged.confidence, correct),
            "classes": classes,
            "confusion": confusion.tolist(),
        }

    def summary(self, found: Record) -> Iterator[str]:
        """See Task."""
        low, high = found["accuracy_interval"]
        yield f"accuracy           {found['accuracy']:.4f}  (95 % interval {low:.4f} to {high:.4f})"
        yield f"top-5 accuracy     {found['top5_accuracy']:.4f}"
        yield f"balanced accuracy  {found['balanced_accuracy']:.4f}"
        yield f"loss               {found['loss']:.4f}"
        yield f"calibration error  {found['ece']:.4f}"
        yield f"images             {found['images']}"
        names = [one["name"] for one in found["classes"]]
        yield ""
        yield from shares_table("class", found["classes"], ("precision", "recall", "f1"))
        yield from matrix(found["confusion"], names)

    def table(self, judged: JudgedClass) -> tuple[list[str], list[Sequence[Any]]]:
        """See Task."""
        columns = (
            [self.outputs[i] for i in judged.label],
            [self.outputs[i] for i in judged.predicted],
            judged.confidence.astype(np.float32),
            judged.loss.astype(np.float32),
        )
        return ["label", "predicted", "confidence", "loss"], list(zip(*columns, strict=True))

    def answer(self, output: Array, top_k: int | None, least: float | None) -> Record:
        """Return label and confidence of the likeliest class, and the likeliest few."""
        chances = probabilities(output[None])[0].astype(np.float32)
        order = np.argsort(-output, kind="stable")[: top_k or 1]
        top = [{"label": self.outputs[i], "confidence": chances[i]} for i in order]
        top = [one for one in top if one["confidence"] >= (least or 0)]
        return {
            "label": top[0]["label"] if top else None,
            "confidence": chances[order[0]],
            "top": top,
        }

    def words(self, record: Record) -> str:
        """See Task."""
        top = [f"{one['confidence']:.2f} {one['label']}" for one in record["top"]]
        return ", ".join(top) or "unknown"

    def columns(self, top_k: int | None) -> list[str]:
        """See Task."""
        numbers = range(2, min(top_k or 1, len(self.outputs)) + 1)
        more = chain(*((f"label_{i}", f"confidence_{i}") for i in numbers))
        return ["label", "confidence", *more]

    def cells(self, record: Record, top_k: int | None) -> list[Any]:
        """See Task."""
        cells = [(one["label"], one["confidence"]) for one in record["top"]]
        row = list(chain.from_iterable(cells or [("", record["confidence"])]))
        return row + [""] * (len(self.columns(top_k)) - len(row))

    def to_manifest(self) -> Record:
        """Return nothing: a model file that names no task is for this one."""
        return {}

    @classmethod
    def from_manifest(cls, outputs: tuple[str, ...], value: Record) -> Classification:
        """See Task."""
        return cls(outputs) if not value else super().from_manifest(outputs, value)
