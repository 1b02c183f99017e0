"""Labeled samples before they are decoded, which every reader of a format returns."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import DataError
from cnncli.value import Value

if TYPE_CHECKING:
    from typing_extensions import Self

UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, broken UTF-8, line separators
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # the text around

IGNORED = -1  # the class of a pixel that takes part in nothing


class Samples(Value):
    """Samples with the names of their classes; a sample is a file or a row of an array."""

    where: str  # for errors: data/train
    names: tuple[str, ...]  # for people: data/train/cat/1.png, digits.npz[3]
    keys: tuple[str, ...]  # what tells samples apart wherever the data lie: cat/1.png, 3
    labels: tuple[str, ...]  # a class, or labels joined by |, per sample; none beside numbers
    values: NDArray[Any] | None = None  # images (N, H, W, C), uint8 or uint16, or float32 signals
    # (N, L, C); None: the names are files to be decoded
    noun: str = "image"  # what a sample is called: image or signal
    empty: tuple[str, ...] = ()  # classes without a sample
    notices: tuple[str, ...] = ()
    columns: tuple[str, ...] = ("label",)  # what the labels or numbers are called
    numbers: NDArray[np.float64] | None = None  # (N, columns)
    suggests: str = "classify"  # the task that such labels are for
    blank: str = ""  # the first place where a label is missing
    instead: str = ""  # for errors: what else was found, and what to do about it

    def __len__(self) -> int:
        return len(self.names)

    def take(self, indices: NDArray[np.int64]) -> Samples:
        """Return some of the samples."""
        rows = indices.tolist()
        return replace(
            self,
            names=tuple(self.names[i] for i in rows),
            keys=tuple(self.keys[i] for i in rows),
            labels=tuple(self.labels[i] for i in rows) if self.labels else (),
            numbers=None if self.numbers is None else self.numbers[indices],
            values=None if self.values is None else self.values[indices],
        )

    def drop(self, files: Collection[str]) -> Samples:
        """Return the samples without those of some files; a class that loses all is empty."""
        kept = self.take(np.array([i for i in range(len(self)) if not self._is_of(i, files)], int))
        lost = tuple(dict.fromkeys(name for name in self.labels if name not in set(kept.labels)))
        return replace(kept, empty=(*self.empty, *lost))

    @classmethod
    def join(cls, parts: Sequence[Self], where: str) -> Self:
        """Return the samples of one or more parts; raise DataError for unlike ones."""
        shapes = [None if part.values is None else part.values.shape[1:] for part in parts]
        if (
            len(
                {
                    (part.noun, part.columns, shape)
                    for part, shape in zip(parts, shapes, strict=True)
                }
            )
            > 1
        ):
            raise DataError(f"{where}: its parts hold unlike samples; give one of them", path=where)
        joined: dict[str, Any] = {"where": where, "empty": ()}
        for name in ("names", "keys", "labels", "notices"):
            joined[name] = tuple(chain.from_iterable(getattr(part, name) for part in parts))
        for name in ("values", "numbers"):
            if getattr(parts[0], name) is not None:
                joined[name] = np.concatenate([getattr(part, name) for part in parts])
        return replace(parts[0], **joined)

    def _is_of(self, index: int, files: Collection[str]) -> bool:
        """Say whether a sample was read from one of the files."""
        return self.names[index] in files


class MaskLevels(Value):
    """How the classes look in a mask: each has a level, and so a color.

    A level is a gray level, or an index of a palette; levels are in ascending order.
    """

    levels: tuple[int, ...]  # of the classes
    names: tuple[str, ...]
    palette: bytes | None = None  # RGB of the levels; None: they are gray
    ignored: tuple[int, ...] = ()  # levels of pixels that take part in nothing

    def find_color(self, level: int) -> int:
        """Return the color of a level, 0xRRGGBB."""
        if self.palette is None:
            return level * 0x010101
        return int.from_bytes(self.palette[3 * level : 3 * level + 3].ljust(3, b"\0"), "big")

    def mask(self, indices: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Return the levels, uint8 (H, W), of the classes of pixels."""
        levels: NDArray[np.uint8] = np.array(self.levels, np.uint8)[indices]
        return levels


class MaskedSamples(Samples):
    """Images with the paths of their masks; the labels are empty."""

    masks: tuple[str, ...] = ()
    turns: tuple[int, ...] = ()  # Exif orientations of the images the masks lie as; none: upright
    folder: str = ""  # where classes.txt may be
    levels: MaskLevels | None = None  # of all masks; None: nobody has looked through them

    def take(self, indices: NDArray[np.int64]) -> MaskedSamples:
        """Return some of the images with their masks."""
        rows = indices.tolist()
        own = {
            "masks": tuple(self.masks[i] for i in rows),
            "turns": tuple(self.turns[i] for i in rows) if self.turns else (),
        }
        return MaskedSamples(**{**vars(super().take(indices)), **own})

    @classmethod
    def join(cls, parts: Sequence[Self], where: str) -> Self:
        """Return the images of one or more parts with their masks; raise DataError."""
        masks = tuple(chain.from_iterable(part.masks for part in parts))
        turns = tuple(chain.from_iterable(part.turns or (1,) * len(part) for part in parts))
        return replace(super().join(parts, where), masks=masks, turns=turns)

    def _is_of(self, index: int, files: Collection[str]) -> bool:
        return super()._is_of(index, files) or self.masks[index] in files


def check_label(label: Any, where: str) -> str:
    """Return the name of a class; raise DataError where it cannot be shown or stored."""
    name = str(label) if isinstance(label, (str, int)) and not isinstance(label, bool) else ""
    name = unicodedata.normalize("NFC", name)  # letters look the same, however composed
    unusable = any(
        unicodedata.category(letter) in UNPRINTABLE or letter in TURNS for letter in name
    )
    if not name or unusable:
        raise DataError(
            f"{where}: {ascii(label)[:60]} cannot be the name of a class; "
            "use a word without control characters, in UTF-8, or a whole number",
            path=where,
        )
    return name
