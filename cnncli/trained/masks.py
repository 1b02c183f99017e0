"""Masks as files: the answers of a network that gives every pixel a class."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from cnncli.data.images.file import EXTENSIONS, split_page
from cnncli.errors import DataError, UsageError
from cnncli.model_file.atomic import check_writable, write_atomically
from cnncli.render.mask import add_legend, choose_colors, overlay, paint_mask
from cnncli.render.png import encode_png
from cnncli.samples import MaskLevels
from cnncli.trained.answers import Answer, Record


class MaskWriter:
    """Writes a PNG for each image: into a folder, named like the image, or into a single file."""

    def __init__(
        self, target: str, levels: MaskLevels, *, single: bool, colored: bool, force: bool
    ) -> None:
        """Take a folder, or a file for a `single` image.

        `colored`: images in the colors of their classes instead of masks. Raises UsageError for a
        target that cannot be written to.
        """
        self.target, self.levels = target, levels
        self.single, self.colored, self.force = single, colored, force
        self.written: dict[str, str] = {}  # by the path of a mask, the name of its image
        if single:
            check_writable(target, force=force)
        elif Path(target).exists() and not Path(target).is_dir():
            raise UsageError(f"{target}: is a file; give a folder for the masks", path=target)

    def add_mask(self, record: Record, answer: Answer) -> Record:
        """Write the mask of an answer; return its record with the mask's path, or why not."""
        if answer.output is None:
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
        path = self.target if self.single else self._name_file(answer.name)
        if path in self.written:
            reason = "has the same name; predict them into different folders"
            if self.single:
                reason = "is another image; give a folder for both"
            raise DataError(f"{path} is of {self.written[path]}, which {reason}")
        self._spare_images(answer.name)
        picture = self._paint(answer)
        if not self.single:
            self._make_folder()
        write_atomically(path, encode_png(picture), force=self.force)
        self.written[path] = answer.name
        return path

    def _paint(self, answer: Answer) -> Image.Image:
        assert answer.output is not None
        assert answer.sample is not None
        levels = self.levels
        if not self.colored:
            return paint_mask(levels.mask(answer.output), levels.palette)
        colors = choose_colors(len(levels.names), levels.levels, levels.palette)
        return add_legend(
            overlay(answer.sample, answer.output, colors),
            [(levels.names[index], colors[index]) for index in np.unique(answer.output).tolist()],
        )

    def _name_file(self, name: str) -> str:
        return os.path.join(self.target, _stem(name) + ".png")  # noqa: PTH118 - spelled as given

    def _spare_images(self, name: str) -> None:
        """Raise UsageError where the image would be overwritten, or other images might."""
        name, _ = split_page(name)
        beside = os.path.dirname(name) or "."  # noqa: PTH120
        if self.single and _are_same(name, self.target):
            raise UsageError(f"{self.target}: is the image; give another file", path=self.target)
        if not self.single and Path(name).exists() and _are_same(beside, self.target):
            raise UsageError(
                f"{self.target}: holds the images; give another folder for the masks",
                path=self.target,
            )

    def _make_folder(self) -> None:
        try:
            Path(self.target).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "error").lower()
            message = f"{self.target}: cannot be made ({reason}); give another folder"
            raise UsageError(message, path=self.target) from error


def _are_same(path: str, other: str) -> bool:
    return Path(path).exists() and Path(other).exists() and Path(path).samefile(other)


def _stem(name: str) -> str:
    """Return the name of an image without folders and extension."""
    stem, extension = os.path.splitext(os.path.basename(name))  # noqa: PTH119, PTH122
    if name == "-":
        return "stdin"
    return stem if extension.lower() in EXTENSIONS else stem + extension
