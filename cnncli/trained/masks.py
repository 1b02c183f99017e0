"""Masks as files: the answers of a network that gives every pixel a class."""

from __future__ import annotations

import os
from pathlib import Path

from cnncli.data.images.file import EXTENSIONS
from cnncli.errors import DataError, UsageError
from cnncli.model_file.atomic import write_atomically
from cnncli.render.mask import choose_colors, overlay, paint_mask
from cnncli.render.png import encode_png
from cnncli.samples import MaskLevels
from cnncli.trained.answers import Answer, Record


class MaskFolder:
    """A folder that gets a PNG for each image, named like it; made when the first is written."""

    def __init__(self, folder: str, levels: MaskLevels, *, colored: bool, force: bool) -> None:
        """`colored`: images in the colors of their classes instead. Raise UsageError for a file."""
        self.folder, self.colored, self.force = folder, colored, force
        self.levels = levels
        self.written: dict[str, str] = {}  # by the path of a mask, the name of its image
        if Path(folder).exists() and not Path(folder).is_dir():
            raise UsageError(f"{folder}: is a file; give a folder for the masks", path=folder)

    def add_mask(self, record: Record, answer: Answer) -> Record:
        """Write the mask of an answer; return its record with the mask's path, or why not."""
        if answer.logits is None:
            return record
        try:
            return {**record, "mask": self.write(answer)}
        except DataError as error:
            return {"path": answer.name, "error": str(error)}

    def write(self, answer: Answer) -> str:
        """Write the mask of an image, or the image in its colors; return its path.

        Raises UsageError where that would overwrite what exists, or lie among the images, DataError
        for a second image of the same name.
        """
        assert answer.logits is not None
        assert answer.sample is not None
        path = os.path.join(self.folder, _stem(answer.name) + ".png")  # noqa: PTH118 - spelled as given
        if path in self.written:
            raise DataError(
                f"{path} is of {self.written[path]}, which has the same name; predict them into "
                "different folders"
            )
        beside = os.path.dirname(answer.name) or "."  # noqa: PTH120
        if Path(answer.name).exists() and _are_same(beside, self.folder):
            raise UsageError(
                f"{self.folder}: holds the images; give another folder for the masks",
                path=self.folder,
            )
        classes = answer.logits.argmax(axis=-1)
        if self.colored:
            colors = choose_colors(len(self.levels.names), self.levels.levels, self.levels.palette)
            picture = overlay(answer.sample, classes, colors)
        else:
            picture = paint_mask(self.levels.mask(classes), self.levels.palette)
        try:
            Path(self.folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "error").lower()
            message = f"{self.folder}: cannot be made ({reason}); give another folder"
            raise UsageError(message, path=self.folder) from error
        write_atomically(path, encode_png(picture), force=self.force)
        self.written[path] = answer.name
        return path


def _are_same(folder: str, other: str) -> bool:
    return Path(other).exists() and Path(folder).samefile(other)


def _stem(name: str) -> str:
    """Return the name of an image without folders and extension."""
    stem, extension = os.path.splitext(os.path.basename(name))  # noqa: PTH119, PTH122
    if name == "-":
        return "stdin"
    return stem if extension.lower() in EXTENSIONS else stem + extension
