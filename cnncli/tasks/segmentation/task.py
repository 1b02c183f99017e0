"""One class for each pixel of an image, found by softmax.

Legend: N images, K classes, H W the size of an image.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ModelFileError
from cnncli.graph.context import measure_context
from cnncli.losses import Loss
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.samples import MaskLevels, Samples
from cnncli.tasks.base import QUIETLY, Judged, Task, refuse_narrow
from cnncli.tasks.metrics import Floats
from cnncli.tasks.reading import require_masks
from cnncli.tasks.segmentation.map_figures import measure_maps
from cnncli.tasks.segmentation.stored_levels import are_levels, read_palette
from cnncli.tasks.segmentation.words import SegmentationWords
from cnncli.tasks.words import Record

if TYPE_CHECKING:
    from cnncli.graph import Graph
    from cnncli.layers.base import Array, Shape

Integers = NDArray[np.int64]


class JudgedMaps(Judged):
    """What the pixels of each of N images got."""

    confusion: Integers  # (N, K, K) pixels, a row per true class and a column per predicted class
    loss: Floats  # (N,) mean over the pixels

    @property
    def failed(self) -> NDArray[np.bool_]:
        return ~np.isfinite(self.loss)


class Segmentation(Task, name="segment"):
    """The outputs are classes in the order of their levels in a mask; targets are maps of them."""

    loss: Loss = CrossEntropy()
    masks: MaskLevels = MaskLevels((), ())  # what the classes are in a mask

    singular: ClassVar[str] = "class"
    plural: ClassVar[str] = "classes"
    monitors: ClassVar[dict[str, bool]] = {
        "val_loss": False,
        "val_pixel_accuracy": True,
        "val_mean_iou": True,
    }
    gate: ClassVar[str] = "pixel_accuracy"
    has_confidence: ClassVar[bool] = False
    has_confusion: ClassVar[bool] = True

    @property
    def words(self) -> SegmentationWords:
        return SegmentationWords(self)

    @classmethod
    def learn(cls, samples: Samples, loss: Loss) -> Segmentation:
        """Take the levels that occur in masks, or those that classes.txt names, as classes."""
        masks = require_masks(samples).levels
        assert masks is not None
        return cls(masks.names, loss, masks)

    def weigh_classes(self, pixels: Integers, around: Integers) -> Segmentation:
        """Return the task with class weights that make up for how rare classes are.

        Median frequency balancing (Eigen & Fergus 2015, arXiv:1411.4734): a class has the share f
        of `pixels` (K,) among those of the images it occurs in, `around` (K,), and the weight
        median(f) / f.
        """
        seen = pixels > 0
        shares = pixels[seen] / around[seen]
        weights = np.ones(len(pixels))
        weights[seen] = np.median(shares) / shares
        return replace(self, loss=self.loss.with_class_weights(weights.tolist()))

    def count_samples(self, targets: Sequence[NDArray[np.integer]]) -> list[int]:
        """Return the images in which each class occurs; targets are maps (H, W), -1 ignored."""
        counts = np.zeros(len(self.outputs), np.int64)
        for classes in targets:
            counts += np.bincount(classes.reshape(-1) + 1, minlength=len(counts) + 1)[1:] > 0
        return [int(count) for count in counts]

    def smooth_loss(self, smoothing: float) -> Loss:
        """Return the loss with this label smoothing; raise UsageError where it has none."""
        return self.loss.with_smoothing(smoothing)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:2], len(self.outputs))

    def check(self, graph: Graph) -> None:
        """Raise ArchitectureError for a network that cannot take images of any size."""
        measure_context(graph)

    def check_to_train(self, graph: Graph) -> None:
        """Raise ArchitectureError for an end that keeps the softmax from being sure."""
        refuse_narrow(graph, len(self.outputs))

    def judge(self, outputs: Array, targets: NDArray[np.integer]) -> JudgedMaps:
        """Compare logits (N, H, W, K) with the true classes (N, H, W), those below 0 left out."""
        return self.judge_parts([(outputs, targets)])

    @QUIETLY
    def judge_parts(self, parts: Iterable[tuple[Array, NDArray[np.integer]]]) -> JudgedMaps:
        """Compare the same N images part by part, as `judge` does it at once."""
        judged = [self._judge_part(*part) for part in parts]
        confusion, sums, finite = (np.stack(column) for column in zip(*judged, strict=True))
        loss = np.where(finite.all(axis=0), self.loss.conclude(sums.sum(axis=0)), math.nan)
        return JudgedMaps(confusion.sum(axis=0), loss)

    def _judge_part(
        self, outputs: Array, targets: NDArray[np.integer]
    ) -> tuple[Integers, Floats, NDArray[np.bool_]]:
        """Return confusion (N, K, K), sums of the loss, and whether all answers are finite (N,)."""
        classes, wide = len(self.outputs), targets.astype(np.int64)
        predicted = outputs.argmax(axis=-1)
        finite: NDArray[np.bool_] = np.ones(targets.shape, bool)
        if not (np.isfinite(outputs.min()) and np.isfinite(outputs.max())):
            finite = np.asarray(np.isfinite(outputs).all(axis=-1))
            predicted = np.where(finite, predicted, (wide + 1) % classes)  # no answer is right
        pairs = wide * classes + predicted
        counts = [np.bincount(pair[pair >= 0], minlength=classes * classes) for pair in pairs]
        confusion = np.stack(counts).reshape(-1, classes, classes).astype(np.int64)
        return confusion, self.loss.sum_up(outputs, targets), np.all(finite, axis=(1, 2))

    def monitor(self, judged: JudgedMaps) -> dict[str, float]:
        """Return the mean loss, the share of right pixels and the mean IoU."""
        figures = self.compute_figures(judged)
        return {
            "val_loss": math.nan if figures["loss"] is None else figures["loss"],
            "val_pixel_accuracy": figures["pixel_accuracy"],
            "val_mean_iou": figures["mean_iou"],
        }

    def compute_figures(self, judged: JudgedMaps) -> Record:
        """Return the figures over the pixels of all images together."""
        return measure_maps(self.outputs, judged.confusion, judged.loss)

    def answer(self, output: Integers, top_k: int | None, least: float | None) -> Record:
        """Return the share of pixels of each class."""
        counts = np.zeros(len(self.outputs), np.int64)
        for row in output:  # of which bincount makes a larger copy
            counts += np.bincount(row, minlength=len(counts))
        return {
            "classes": [
                {"label": name, "share": count / output.size}
                for name, count in zip(self.outputs, counts.tolist(), strict=True)
            ]
        }

    def read_target(self, target: NDArray[np.integer]) -> dict[str, float]:
        """Return the share of the labeled pixels of a map (H, W) that each class has."""
        counts = np.bincount(target[target >= 0], minlength=len(self.outputs))
        shares = (counts / max(1, counts.sum())).tolist()
        return {name: share for name, share in zip(self.outputs, shares, strict=True) if share}

    def to_manifest(self) -> Record:
        palette = None if self.masks.palette is None else self.masks.palette.hex()
        ignored = {"ignored": list(self.masks.ignored)} if self.masks.ignored else {}
        levels = {"levels": list(self.masks.levels), "palette": palette, **ignored}
        return {**super().to_manifest(), **levels}

    @classmethod
    def from_manifest(cls, outputs: tuple[str, ...], value: Record) -> Segmentation:
        if (
            set(value) - {"ignored"} != {"name", "loss", "levels", "palette"}
            or not are_levels(value["levels"], len(outputs))
            or not are_levels(ignored := value.get("ignored", []))
        ):
            raise ModelFileError(f"its manifest does not describe the task {cls.name}")
        palette = read_palette(value["palette"])
        masks = MaskLevels(tuple(value["levels"]), outputs, palette, tuple(ignored))
        return cls(outputs, cls.read_loss(value), masks)
