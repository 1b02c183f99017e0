"""What a model keeps of the samples it was trained and validated on, to know them again.

Names alone would not do: other images may have them, too. So the contents of a few are compared.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Any

from cnncli.data.arrays import UnusableError, open_regular
from cnncli.data.images.file import split_page
from cnncli.errors import ModelFileError
from cnncli.samples import Samples
from cnncli.value import Value

FEW = 16  # samples whose contents are compared
START = 1 << 16  # bytes of a file that are compared, beside its size
DIGITS = 16  # of a digest, in hex


class Traces(Value):
    """What tells a set of samples from all others."""

    count: int  # of different names
    names: str  # digest of all names
    contents: tuple[tuple[str, str], ...]  # digests of name and content, of the lowest few

    def match(self, samples: Samples) -> bool:
        """Say whether these are the samples."""
        return self == take_traces(samples)

    def count_among(self, samples: Samples) -> int:
        """Return how many of the few whose contents are known are among these samples."""
        positions = {_digest(os.fsencode(key)): i for i, key in enumerate(samples.keys)}
        return sum(
            bool(content) and _read_content(samples, positions[name]) == content
            for name, content in self.contents
            if name in positions
        )

    def to_manifest(self) -> dict[str, Any]:
        """Return what a model file keeps, ready for JSON."""
        return {"count": self.count, "names": self.names, "contents": dict(self.contents)}

    @classmethod
    def from_manifest(cls, value: Any) -> Traces:
        """Return what to_manifest described; raise ModelFileError for anything else."""
        if not isinstance(value, dict) or set(value) != {"count", "names", "contents"}:
            raise _refuse()
        count, names, contents = value["count"], value["names"], value["contents"]
        if type(count) is not int or not isinstance(names, str) or not isinstance(contents, dict):
            raise _refuse()
        if len(contents) > FEW or not all(isinstance(digest, str) for digest in contents.values()):
            raise _refuse()
        return cls(count, names, tuple(sorted(contents.items())))


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
    positions = {os.fsencode(key): i for i, key in enumerate(samples.keys)}
    names = sorted(positions)
    lowest = sorted((_digest(name), positions[name]) for name in names)[:FEW]
    contents = tuple((digest, _read_content(samples, i)) for digest, i in lowest)
    return Traces(len(names), _digest(b"\0".join(names)), contents)


def _read_content(samples: Samples, index: int) -> str:
    """Return a digest of a sample's row, or of the size and the start of its file."""
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
