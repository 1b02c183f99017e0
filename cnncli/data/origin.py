"""What a model keeps of the samples it was trained and validated on, to know them again.

Names alone would not do: other images may have them, too. So the contents of a few are compared.
"""

from __future__ import annotations

import os
import unicodedata
from hashlib import blake2b
from itertools import chain
from typing import Any

from cnncli.data.images.file import split_page
from cnncli.errors import ModelFileError
from cnncli.samples import Samples
from cnncli.value import Value

FEW = 16  # samples whose contents are compared
START = 1 << 16  # bytes of a file that are compared, beside its size
DIGITS = 16  # of a digest, in hex


class Known(Value):
    """A sample whose content is known, by digests."""

    end: str  # of its name: the last folder and the file, as in another list of the same files
    content: str  # "" where it could not be read


class Traces(Value):
    """What tells a set of samples from all others."""

    count: int  # of different names
    names: str  # digest of all names
    few: tuple[Known, ...]  # the lowest by their digests

    def match(self, samples: Samples) -> bool:
        """Say whether these are the samples."""
        return self == take_traces(samples)

    def occur_in(self, samples: Samples) -> bool:
        """Say whether one of the few is among these samples, whatever they were listed by."""
        positions: dict[str, list[int]] = {}
        for i, key in enumerate(samples.keys):
            positions.setdefault(_digest_end(key), []).append(i)
        return any(
            known.content and _digest_content(samples, i) == known.content
            for known in self.few
            for i in positions.get(known.end, ())
        )

    def to_manifest(self) -> dict[str, Any]:
        """Return what a model file keeps, ready for JSON."""
        few = [[known.end, known.content] for known in self.few]
        return {"count": self.count, "names": self.names, "few": few}

    @classmethod
    def from_manifest(cls, value: Any) -> Traces:
        """Return what to_manifest described; raise ModelFileError for anything else."""
        if not isinstance(value, dict) or set(value) != {"count", "names", "few"}:
            raise _refuse()
        count, names, few = value["count"], value["names"], value["few"]
        if type(count) is not int or not isinstance(names, str) or not isinstance(few, list):
            raise _refuse()
        sound = all(isinstance(known, list) and len(known) == 2 for known in few)
        if len(few) > FEW or not sound or not all(type(word) is str for word in chain(*few)):
            raise _refuse()
        return cls(count, names, tuple(Known(*known) for known in few))


class Origin(Value):
    """Which samples a model was trained and validated on, and how they were parted."""

    fraction: float | None  # that was set aside by name; None: both were given
    train: Traces
    val: Traces

    def to_manifest(self) -> dict[str, Any]:
        """Return what a model file keeps, ready for JSON."""
        parts = {"train": self.train.to_manifest(), "val": self.val.to_manifest()}
        return {"fraction": self.fraction, **parts}

    @classmethod
    def from_manifest(cls, value: Any) -> Origin | None:
        """Return what to_manifest described, None for None (models of cnncli 0.1.0 have none).

        Raises ModelFileError for anything else.
        """
        if value is None:
            return None
        if not isinstance(value, dict) or set(value) != {"fraction", "train", "val"}:
            raise _refuse()
        fraction = value["fraction"]
        if fraction is not None and (type(fraction) is not float or not 0 < fraction < 1):
            raise _refuse()
        parts = (Traces.from_manifest(value[name]) for name in ("train", "val"))
        return cls(fraction, *parts)


def take_traces(samples: Samples) -> Traces:
    """Return what tells these samples from others; where they lie does not matter."""
    rows = {_digest_name(key): i for i, key in enumerate(samples.keys)}
    few = tuple(
        Known(_digest_end(samples.keys[rows[name]]), _digest_content(samples, rows[name]))
        for name in sorted(rows)[:FEW]
    )
    return Traces(len(rows), _digest("".join(sorted(rows)).encode()), few)


def _digest_name(name: str) -> str:
    """Return a digest that does not depend on how letters are composed."""
    return _digest(os.fsencode(unicodedata.normalize("NFC", name)))


def _digest_end(name: str) -> str:
    """Return a digest of the last folder and the file of a name."""
    return _digest_name("/".join(name.split("/")[-2:]))


def _digest_content(samples: Samples, index: int) -> str:
    """Return a digest of a sample's row, or of the size and the start of its file."""
    from cnncli.data.arrays import UnusableError, open_regular  # which `predict` does without

    if samples.values is not None:
        return _digest(samples.values[index].tobytes())
    try:
        with open_regular(split_page(samples.names[index])[0]) as file:
            start = file.read(START)
            return _digest(b"%d %b" % (file.seek(0, os.SEEK_END), start))
    except (OSError, ValueError, UnusableError):
        return ""  # who decodes it says what is wrong


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=DIGITS // 2).hexdigest()


def _refuse() -> ModelFileError:
    return ModelFileError("its manifest does not say what it was trained and validated on")
