"""Any number of labels for each image, each a yes or no of its own, found by a sigmoid.

Legend: N images, K labels. Figures are float64, whatever the network computes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import DataError, ModelFileError
from cnncli.losses import Loss
from cnncli.losses.binary_cross_entropy import BinaryCrossEntropy
from cnncli.samples import Samples
from cnncli.tasks.base import Judged, Record, Task, check_last_layer
from cnncli.tasks.class_figures import shares, shares_table
from cnncli.tasks.metrics import Floats, average_precision, best_threshold, sigmoid
from cnncli.tasks.reading import labels_of, refuse_unknown

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.layers.base import Array


class JudgedLabels(Judged):
    """What each of N images got."""

    truth: NDArray[np.bool_]  # (N, K) whether it has the label
    chance: Floats  # (N, K) the probability the network gives it
    loss: Floats  # (N,) mean binary cross-entropy in nats


class MultiLabel(Task, name="multi-label"):
    """The outputs are labels in the byte order of their names; targets are 1 for yes, 0 for no."""

    loss: Loss = BinaryCrossEntropy()
    thresholds: tuple[float, ...] = ()  # probability from which each label is given

    plural: ClassVar[str] = "labels"
    losses: ClassVar[tuple[str, ...]] = ("bce",)
    monitors: ClassVar[dict[str, bool]] = {"val_loss": False, "val_map": True}
    gate: ClassVar[str] = "map"

    @classmethod
    def learn(cls, samples: Samples, loss: Loss) -> MultiLabel:
        """See Task; thresholds are 0.5 until some network has been validated."""
        labels = tuple(sorted({one for each in labels_of(samples) for one in each}, key=str.encode))
        if not labels:
            raise DataError(
                f"{samples.where}: no image has a label; write some as a|b", path=samples.where
            )
        return cls(labels, loss, (0.5,) * len(labels))

    def settled(self, judged: JudgedLabels) -> MultiLabel:
        """Return the task with the threshold of best F1 for each label."""
        found = map(best_threshold, judged.truth.T, judged.chance.T)
        return replace(self, thresholds=tuple(found))

    def targets(self, samples: Samples) -> Array:
        """Return 1 for yes and 0 for no, float32 (N, K), found by name; raise DataError."""
        number = {name: i for i, name in enumerate(self.outputs)}
        labels = labels_of(samples)
        names = {one for each in labels for one in each}
        refuse_unknown(samples, names, self.outputs, "label", "labels")
        found = np.zeros((len(labels), len(number)), np.float32)
        for row, each in zip(found, labels, strict=True):
            row[[number[one] for one in each]] = 1
        return found

    def check(self, graph: Graph) -> None:
        """See Task; raise ArchitectureError for a last layer that bounds the answers, too."""
        super().check(graph)
        check_last_layer(graph, "a sigmoid follows by itself")

    def judge(self, outputs: Array, targets: Array) -> JudgedLabels:
        """Compare logits (N, K) with targets (N, K)."""
        return JudgedLabels(targets > 0.5, sigmoid(outputs), self.loss.measure(outputs, targets))

    def validation(self, judged: JudgedLabels) -> dict[str, float]:
        """Return the mean loss and the mean average precision."""
        found = self.figures(judged)["map"]
        return {
            "val_loss": float(judged.loss.mean()),
            "val_map": float("nan") if found is None else found,
        }

    def achieved(self, record: Record, what: str) -> str:
        """See Task."""
        images = record["val_images"]
        return f"mean average precision {record['val_map']:.4f} on {images} validation {what}s"

    def counted(self, targets: Array, what: str) -> str:
        """See Task."""
        return f"{len(targets)} {what}s with {int(targets.sum())} labels"

    def figures(self, judged: JudgedLabels) -> Record:
        """See Task; precision, recall and F1 are counted over all labels of all images."""
        given = judged.chance >= self.thresholds
        hits = (given & judged.truth).sum(axis=0)
        labels = [
            {
                "name": name,
                "average_precision": average_precision(judged.truth[:, k], judged.chance[:, k]),
                "threshold": self.thresholds[k],
                **shares(
                    hits=int(hits[k]),
                    claimed=int(given[:, k].sum()),
                    support=int(judged.truth[:, k].sum()),
                ),
            }
            for k, name in enumerate(self.outputs)
        ]
        known = [one["average_precision"] for one in labels]
        known = [one for one in known if one is not None]
        overall = shares(
            hits=int(hits.sum()), claimed=int(given.sum()), support=int(judged.truth.sum())
        )
        del overall["support"]
        return {
            "images": len(judged),
            "map": float(np.mean(known)) if known else None,
            "exact_match": float((given == judged.truth).all(axis=1).mean()),
            **overall,
            "loss": float(judged.loss.mean()),
            "labels": labels,
        }

    def summary(self, found: Record) -> Iterator[str]:
        """See Task."""
        for words, name in (
            ("mean average precision", "map"),
            ("exact match", "exact_match"),
            ("precision", "precision"),
            ("recall", "recall"),
            ("f1", "f1"),
            ("loss", "loss"),
        ):
            yield f"{words:22}  {'-' if found[name] is None else format(found[name], '.4f')}"
        yield f"{'images':22}  {found['images']}"
        yield ""
        columns = ("average_precision", "threshold", "precision", "recall", "f1")
        yield from shares_table("label", found["labels"], columns)

    def table(self, judged: JudgedLabels) -> tuple[list[str], list[Sequence[Any]]]:
        """See Task."""
        given = judged.chance >= self.thresholds
        columns = (map(self._joined, judged.truth), map(self._joined, given))
        losses = judged.loss.astype(np.float32)
        return ["label", "predicted", "loss"], list(zip(*columns, losses, strict=True))

    def answer(self, output: Array, top_k: int | None, least: float | None) -> Record:
        """Return the labels at or above their thresholds (or `least`), the likeliest first."""
        chances = sigmoid(output[None])[0]
        order = np.argsort(-output, kind="stable")
        needed = self.thresholds if least is None else (least,) * len(chances)
        chosen = [k for k in order if chances[k] >= needed[k]]
        shown = chances.astype(np.float32)
        return {
            "labels": [{"label": self.outputs[k], "confidence": shown[k]} for k in chosen[:top_k]]
        }

    def words(self, record: Record) -> str:
        """See Task."""
        named = [f"{one['confidence']:.2f} {one['label']}" for one in record["labels"]]
        return ", ".join(named) or "none"

    def columns(self, top_k: int | None) -> list[str]:
        """Return a list's own columns, so that a table of answers can be trained on."""
        return ["label", "confidence"]

    def cells(self, record: Record, top_k: int | None) -> list[Any]:
        """See Task."""
        given = record["labels"]
        return ["|".join(str(one[name]) for one in given) for name in ("label", "confidence")]

    def to_manifest(self) -> Record:
        """Add the thresholds."""
        return {**super().to_manifest(), "thresholds": list(self.thresholds)}

    @classmethod
    def from_manifest(cls, outputs: tuple[str, ...], value: Record) -> MultiLabel:
        """See Task."""
        found = value.get("thresholds")
        if (
            set(value) != {"name", "loss", "thresholds"}
            or not isinstance(found, list)
            or len(found) != len(outputs)
            or not all(type(one) in (int, float) and 0 <= one <= 1 for one in found)
        ):
            raise ModelFileError("its manifest does not say from when its labels are given")
        return cls(outputs, cls.stored_loss(value), tuple(found))

    def _joined(self, given: NDArray[np.bool_]) -> str:
        return "|".join(name for name, yes in zip(self.outputs, given, strict=True) if yes)
