"""Any number of labels for each sample, each a yes or no of its own, found by a sigmoid.

Legend: N samples, K labels. Figures are float64, whatever the network computes in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import DataError, ModelFileError
from cnncli.losses import Loss
from cnncli.losses.binary_cross_entropy import BinaryCrossEntropy
from cnncli.samples import Samples
from cnncli.tasks.base import QUIETLY, Judged, Task, refuse_bounded
from cnncli.tasks.class_figures import measure_shares
from cnncli.tasks.metrics import (
    Floats,
    average_precision,
    calibration_error,
    find_best_threshold,
    finite_or_none,
    sigmoid,
)
from cnncli.tasks.multi_label.words import MultiLabelWords
from cnncli.tasks.reading import read_labels, refuse_unknown
from cnncli.tasks.temperature import FEWEST, find_temperature
from cnncli.tasks.words import Record

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.layers.base import Array


class JudgedLabels(Judged):
    """What each of N samples got."""

    logits: Array  # (N, K)
    truth: NDArray[np.bool_]  # (N, K) whether it has the label
    chance: Floats  # (N, K) the probability the network gives it; NaN where it has no answer
    loss: Floats  # (N,) mean binary cross-entropy in nats

    @property
    def failed(self) -> NDArray[np.bool_]:
        return np.asarray(np.isnan(self.chance).any(axis=1))

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the likelier of yes and no is true (N, K); no answer is not."""
        return np.asarray((self.chance >= 0.5) == self.truth) & ~self.failed[:, None]

    @property
    def confidence(self) -> Floats:
        """The probability of the likelier of yes and no (N, K), 0 where there is no answer."""
        return np.where(self.failed[:, None], 0, np.maximum(self.chance, 1 - self.chance))

    @property
    def worst(self) -> Floats:
        """The probabilities, those of no answer as wrong as they can be."""
        return np.where(self.failed[:, None], ~self.truth, self.chance)

    def find_given(self, thresholds: tuple[float, ...]) -> NDArray[np.bool_]:
        """Return which labels are given (N, K): all that are wrong where there is no answer."""
        return np.where(self.failed[:, None], ~self.truth, self.chance >= thresholds)


class MultiLabel(Task, name="multi-label"):
    """The outputs are labels in the byte order of their names; targets are 1 for yes, 0 for no."""

    loss: Loss = BinaryCrossEntropy()
    thresholds: tuple[float, ...] = ()  # probability from which each label is given

    singular: ClassVar[str] = "label"
    plural: ClassVar[str] = "labels"
    monitors: ClassVar[dict[str, bool]] = {"val_loss": False, "val_map": True}
    gate: ClassVar[str] = "map"

    @property
    def words(self) -> MultiLabelWords:
        return MultiLabelWords(self)

    @classmethod
    def learn(cls, samples: Samples, loss: Loss) -> MultiLabel:
        """Take all labels that occur; thresholds are 0.5 until a network has been validated."""
        names = {name for labels in read_labels(samples) for name in labels}
        if not names:
            raise DataError(
                f"{samples.where}: no image has a label; write some as a|b", path=samples.where
            )
        return cls(tuple(sorted(names, key=str.encode)), loss, (0.5,) * len(names))

    def learn_from_validation(self, judged: JudgedLabels) -> MultiLabel:
        """Return the task with the threshold of best F1 for each label."""
        thresholds = map(find_best_threshold, judged.truth.T, judged.worst.T)
        return replace(self, thresholds=tuple(thresholds))

    def calibrate(self, judged: JudgedLabels) -> tuple[float, JudgedLabels]:
        """Find the temperature at which the mean confidence is the share of right answers.

        An answer is yes or no to a label, whichever is likelier, whatever the thresholds.
        """
        if len(judged) < FEWEST or judged.failed.any():
            return 1.0, judged
        right = int(judged.right.sum())
        temperature = find_temperature(
            judged.logits, right, judged.truth.size, lambda logits: sigmoid(np.abs(logits))
        )
        return temperature, self.judge(
            judged.logits / np.float32(temperature), judged.truth.astype(np.float32)
        )

    def make_targets(self, samples: Samples) -> Array:
        """Return 1 for yes and 0 for no, float32 (N, K), found by name; raise DataError."""
        number = {name: i for i, name in enumerate(self.outputs)}
        labels = read_labels(samples)
        names = {name for given in labels for name in given}
        refuse_unknown(samples, names, self.outputs, "label", "labels")
        targets = np.zeros((len(labels), len(number)), np.float32)
        for row, given in zip(targets, labels, strict=True):
            row[[number[name] for name in given]] = 1
        return targets

    def count_samples(self, targets: Array) -> list[int]:
        """Return the samples with each label."""
        counts: list[int] = targets.sum(axis=0).astype(int).tolist()
        return counts

    def make_shares(self, targets: Array) -> Array:
        """Return the targets themselves."""
        return targets

    def check(self, graph: Graph) -> None:
        """Raise ArchitectureError for another shape, or a last layer that bounds the answers."""
        super().check(graph)
        refuse_bounded(graph, "a sigmoid follows by itself")

    @QUIETLY
    def judge(self, outputs: Array, targets: Array) -> JudgedLabels:
        """Compare logits (N, K) with targets (N, K)."""
        finite = np.isfinite(outputs).all(axis=1, keepdims=True)
        chance = np.where(finite, sigmoid(outputs), np.nan)
        return JudgedLabels(
            outputs.copy(), targets > 0.5, chance, self.loss.measure(outputs, targets)
        )

    def monitor(self, judged: JudgedLabels) -> dict[str, float]:
        """Return the mean loss and the mean average precision."""
        mean = self.compute_figures(judged)["map"]
        return {
            "val_loss": float(judged.loss.mean()),
            "val_map": float("nan") if mean is None else mean,
        }

    def compute_figures(self, judged: JudgedLabels) -> Record:
        """Return the figures; precision, recall and F1 are over all labels of all samples."""
        given, chance = judged.find_given(self.thresholds), judged.worst
        hits = (given & judged.truth).sum(axis=0)
        labels = [
            {
                "name": name,
                "average_precision": average_precision(judged.truth[:, k], chance[:, k]),
                "threshold": self.thresholds[k],
                **measure_shares(
                    hits=int(hits[k]),
                    claimed=int(given[:, k].sum()),
                    support=int(judged.truth[:, k].sum()),
                ),
            }
            for k, name in enumerate(self.outputs)
        ]
        precisions = [row["average_precision"] for row in labels]
        known = [precision for precision in precisions if precision is not None]
        overall = measure_shares(
            hits=int(hits.sum()), claimed=int(given.sum()), support=int(judged.truth.sum())
        )
        del overall["support"]
        return {
            "images": len(judged),
            "map": float(np.mean(known)) if known else None,
            "exact_match": float((given == judged.truth).all(axis=1).mean()),
            **overall,
            "loss": finite_or_none(judged.loss.mean()),
            "ece": calibration_error(judged.confidence.ravel(), judged.right.ravel()),
            "labels": labels,
        }

    def compute_chances(self, outputs: Array) -> Floats:
        """Return the sigmoid of each logit (N, K)."""
        return sigmoid(outputs)

    def answer(self, output: Array, top_k: int | None, least: float | None) -> Record:
        """Return the labels at or above their thresholds (or `least`), the likeliest first."""
        chances = self.compute_chances(output[None])[0]
        order = np.argsort(-output, kind="stable")
        needed = self.thresholds if least is None else (least,) * len(chances)
        given = [k for k in order if chances[k] >= needed[k]][:top_k]
        shown = chances.astype(np.float32)
        return {"labels": [{"label": self.outputs[k], "confidence": shown[k]} for k in given]}

    def to_manifest(self) -> Record:
        """Add the thresholds."""
        return {**super().to_manifest(), "thresholds": list(self.thresholds)}

    @classmethod
    def from_manifest(cls, outputs: tuple[str, ...], value: Record) -> MultiLabel:
        thresholds = value.get("thresholds")
        if (
            set(value) != {"name", "loss", "thresholds"}
            or not isinstance(thresholds, list)
            or len(thresholds) != len(outputs)
            or not all(type(value) in (int, float) and 0 <= value <= 1 for value in thresholds)
        ):
            raise ModelFileError("its manifest does not say from when its labels are given")
        return cls(outputs, cls.read_loss(value), tuple(thresholds))
