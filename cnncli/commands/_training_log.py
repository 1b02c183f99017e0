"""Where `train --log` writes: to a file, or to stdout."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from cnncli.errors import UsageError
from cnncli.terminal import write_line
from cnncli.training.events import Epoch, Event


class Log(Protocol):
    """What takes the events of a training and writes a line for each epoch."""

    def take(self, event: Event) -> None:
        """Write what an event has for the log."""


def open_log(path: str | None, output: str | None, *, force: bool, as_json: bool) -> Log | None:
    """Return the log at a path, None where none is wanted; nothing is written yet.

    Raises UsageError for a file that exists, unless `force`, and where two results would go to the
    same place.
    """
    if path is None:
        return None
    if path == "-":
        if as_json or output == "-":
            other = "--json" if as_json else "-o -"
            raise UsageError(f"--log - and {other} both go to stdout; give --log a file")
        return _Stdout()
    from cnncli.model_file.atomic import check_writable
    from cnncli.training.log import LogFile

    check_writable(path, force=force)
    if output is not None and Path(path).resolve() == Path(output).resolve():
        raise UsageError(f"--log {path}: is the model file, too; give the log a name of its own")
    return LogFile(path)


class _Stdout:
    """Writes the epochs of this run."""

    def take(self, event: Event) -> None:
        if isinstance(event, Epoch):
            from cnncli.training.log import write_record

            write_line(write_record(event).rstrip())
