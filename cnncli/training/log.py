"""The log of a training: a record per epoch, in a file of JSON lines and in the model file."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from cnncli.errors import CnncliError
from cnncli.plain import to_plain
from cnncli.training.events import Epoch, Event, Started

Record = dict[str, Any]

MOST_KEPT = 1000  # records in a model file, whose manifest is limited to 1 MiB


def describe_epoch(epoch: Epoch) -> Record:
    """Return what equal trainings have in common of an epoch; None for what is no finite number."""
    record = {
        "epoch": epoch.epoch,
        "lr": epoch.learning_rate,
        "train_loss": epoch.train_loss,
        **epoch.validation,
        "best": epoch.best,
    }
    return {name: to_plain(value) for name, value in record.items()}


def keep_records(epochs: Sequence[Epoch]) -> list[Record]:
    """Return the records for a model file: of all epochs, or of the last and every k-th before."""
    step = -(-len(epochs) // MOST_KEPT) or 1
    return [describe_epoch(epoch) for epoch in epochs[::-step][::-1]]


def write_record(epoch: Epoch) -> str:
    """Return the line that a log has for an epoch, with the time it took."""
    record = {
        **describe_epoch(epoch),
        "seconds": epoch.seconds,
        "images_per_second": epoch.samples_per_second,
    }
    return json.dumps(record, allow_nan=False) + "\n"


class LogFile:
    """A file with a line per epoch. Each is a single write: it is there as a whole, or not at all.

    Raises CnncliError where it cannot be written.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, event: Event) -> None:
        """Begin the file with what a resumed training has behind it; add a line for an epoch."""
        if isinstance(event, Started):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC
            self._descriptor = os.open(self.path, flags, 0o666)  # less the umask
            if event.resumed:
                self._write("".join(map(write_record, event.resumed)))
        elif isinstance(event, Epoch):
            self._write(write_record(event))

    def _write(self, text: str) -> None:
        assert self._descriptor is not None
        line = text.encode()
        try:
            written = os.write(self._descriptor, line)
            if written < len(line):  # the disk is full
                os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
                raise CnncliError(f"{self.path}: no space left for its next line", path=self.path)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CnncliError(
                f"{self.path}: {(error.strerror or 'error').lower()}", path=self.path
            ) from error
