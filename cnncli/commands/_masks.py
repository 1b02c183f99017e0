"""The pictures `predict` writes for a network that answers for every pixel."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from cnncli.data.image import EXTENSIONS
from cnncli.data.mapped import mask_levels
from cnncli.errors import DataError, UsageError
from cnncli.model_file.atomic import write_atomically
from cnncli.render.mask import class_colors, mask_picture, overlay
from cnncli.render.png import png_bytes
from cnncli.tasks import Segmentation, Task
from cnncli.training.prediction import Answer

Record = dict[str, Any]


def with_masks(
    record: Callable[[Answer], Record], folder: str, task: Task, *, colored: bool, force: bool
) -> Callable[[Answer], Record]:
    """Return what makes a record of an answer, writes its mask and names it in the record."""
    masks = MaskFolder(folder, task, colored=colored, force=force)

    def with_mask(answer: Answer) -> Record:
        found = record(answer)
        if answer.logits is None:
            return found
        try:
            return {**found, "mask": masks.write(answer)}
        except DataError as error:
            return {"path": answer.name, "error": str(error)}

    return with_mask


class MaskFolder:
    """A folder that gets a PNG for each image, named like it; made when the first is written."""

    def __init__(self, folder: str, task: Task, *, colored: bool, force: bool) -> None:
        """Raise UsageError for a folder that cannot be."""
        self.folder, self.colored, self.force = folder, colored, force
        self.levels = mask_levels(cast("Segmentation", task))
        self.written: dict[str, str] = {}
        if folder in ("", "-"):
            raise UsageError("-o takes a folder for the masks, which stdout is not; name one")
        if Path(folder).exists() and not Path(folder).is_dir():
            raise UsageError(f"{folder}: is a file; give a folder for the masks", path=folder)

    def write(self, answer: Answer) -> str:
        """Write the mask of one image, or the image in its colors; return its path.

        Raises UsageError where that would overwrite what exists, or lie among the images, DataError
        for a second image of the same name.
        """
        assert answer.logits is not None
        assert answer.pixels is not None
        path = os.path.join(self.folder, _stem(answer.name) + ".png")  # noqa: PTH118 - spelled as given
        if path in self.written:
            raise DataError(
                f"{path} is of {self.written[path]}, which has the same name; predict them into "
                "different folders"
            )
        beside = os.path.dirname(answer.name) or "."  # noqa: PTH120
        if Path(answer.name).exists() and _are_one(beside, self.folder):
            raise UsageError(
                f"{self.folder}: holds the images; give another folder for the masks",
                path=self.folder,
            )
        classes = answer.logits.argmax(axis=-1)
        if self.colored:
            colors = class_colors(len(self.levels.names), self.levels.levels, self.levels.palette)
            picture = overlay(answer.pixels, classes, colors)
        else:
            picture = mask_picture(self.levels.mask(classes), self.levels.palette)
        try:
            Path(self.folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "error").lower()
            message = f"{self.folder}: cannot be made ({reason}); give another folder"
            raise UsageError(message, path=self.folder) from error
        write_atomically(path, png_bytes(picture), force=self.force)
        self.written[path] = answer.name
        return path


def _are_one(one: str, other: str) -> bool:
    return Path(other).exists() and Path(one).samefile(other)


def _stem(name: str) -> str:
    """Return the name of an image without folders and extension."""
    stem, extension = os.path.splitext(os.path.basename(name))  # noqa: PTH119, PTH122
    if name == "-":
        return "stdin"
    return stem if extension.lower() in EXTENSIONS else stem + extension
