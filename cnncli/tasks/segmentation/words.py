"""Maps of classes in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cnncli.tasks.segmentation.map_figures import measure_maps
from cnncli.tasks.tables import tabulate_confusion, tabulate_shares
from cnncli.tasks.words import Record, Words

if TYPE_CHECKING:
    from cnncli.tasks.segmentation.task import JudgedMaps, Segmentation


class SegmentationWords(Words):
    """What people read of maps of classes."""

    task: Segmentation

    def summarize_validation(self, record: Record, noun: str) -> str:
        right, iou = 100 * record["val_pixel_accuracy"], record["val_mean_iou"]
        return (
            f"{right:.2f} % of the pixels of {record['val_images']} validation {noun}s right, "
            f"mean IoU {iou:.4f}"
        )

    def summarize(self, figures: Record) -> Iterator[str]:
        shares = ("iou", "dice", "precision", "recall")
        yield f"pixel accuracy  {figures['pixel_accuracy']:.4f}"
        yield f"mean IoU        {figures['mean_iou']:.4f}"
        loss = "-" if figures["loss"] is None else format(figures["loss"], ".4f")
        yield f"loss            {loss}"
        yield f"images          {figures['images']} of {figures['pixels']:,} pixels"
        yield ""
        yield from tabulate_shares("class", figures["classes"], shares)
        yield from tabulate_confusion(figures["confusion"], self.task.outputs)

    def tabulate(self, judged: JudgedMaps) -> tuple[list[str], list[Sequence[Any]]]:
        names = self.task.outputs
        maps = [
            measure_maps(names, judged.confusion[i : i + 1], judged.loss[i : i + 1])
            for i in range(len(judged.loss))
        ]
        header = ["pixel_accuracy", "mean_iou", "loss", *(f"iou {name}" for name in names)]
        rows: list[Sequence[Any]] = [
            [figures["pixel_accuracy"], figures["mean_iou"], figures["loss"]]
            + [row["iou"] for row in figures["classes"]]
            for figures in maps
        ]
        return header, rows

    def describe_answer(self, record: Record) -> str:
        shares = ", ".join(
            f"{_word_class(row['label'])}: {_word_share(row['share'])}"
            for row in record["classes"]
            if row["share"]
        )
        return f"{shares} -> {record['mask']}" if "mask" in record else shares

    def name_columns(self, top_k: int | None) -> list[str]:
        return [*self.task.outputs, "mask"]

    def fill_row(self, record: Record, top_k: int | None) -> list[Any]:
        return [*(row["share"] for row in record["classes"]), record.get("mask", "")]


def _word_class(name: str) -> str:
    """Return the name of a class; one that is called by its level or color is said to be one."""
    return name if name[0].isalpha() else f"class {name}"


def _word_share(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.005 else "< 1 %"
