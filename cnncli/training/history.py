"""What a training got epoch by epoch, read from its log or from its model file."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from cnncli.errors import DataError
from cnncli.value import Value

Record = dict[str, Any]

ARCHIVE = b"PK"  # how a model file begins


class History(Value):
    """The epochs of a training, in their order; what is no finite number is None."""

    path: str
    records: tuple[Record, ...]  # each with its epoch, and figures by name
    notice: str | None = None  # what was left out


def read_history(path: str, data: bytes | None = None) -> History:
    """Read a log or a model file; `data` are the bytes of a log that is on stdin.

    Raises DataError for what is no log, or has no epoch; ModelFileError for a damaged model file.
    """
    if data is None:
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            reason = (error.strerror or "error").lower()
            raise DataError(f"{path}: cannot be read ({reason})", path=path) from error
        if data.startswith(ARCHIVE):
            return _read_model(path)
    return _read_log(path, data)


def _read_model(path: str) -> History:
    from cnncli.model_file import load_model

    return read_records(path, load_model(path).training.get("log"))


def read_records(path: str, records: Any) -> History:
    """Return the epochs that a model file has; raise DataError where it has none."""
    if not isinstance(records, list) or not records:
        raise DataError(
            f"{path}: the model has no records of its epochs; give the log of its training",
            path=path,
        )
    return History(path, tuple(_check_records(path, records)))


def _read_log(path: str, data: bytes) -> History:
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    records: list[Any] = []
    notice = None
    for number, line in enumerate(lines, 1):
        try:
            records.append(json.loads(line))
        except (ValueError, RecursionError):
            if number < len(lines) or number == 1:
                raise DataError(
                    f"{path}: line {number} is no JSON; give the log or the model of a training",
                    path=path,
                ) from None
            notice = f"{path}: its last line is broken and left out"
    if not records:
        raise DataError(f"{path}: has no epochs yet; look again after the first", path=path)
    return History(path, tuple(_check_records(path, records)), notice)


def _check_records(path: str, records: list[Any]) -> list[Record]:
    """Return the records with numbers alone; raise DataError where they are not those of epochs."""
    checked: list[Record] = []
    for number, record in enumerate(records, 1):
        epoch = _read_number(record.get("epoch")) if isinstance(record, dict) else None
        if epoch is None:
            raise DataError(
                f"{path}: record {number} has no epoch; give the log or the model of a training",
                path=path,
            )
        if checked and epoch <= checked[-1]["epoch"]:
            raise DataError(
                f"{path}: epoch {epoch:g} comes after epoch {checked[-1]['epoch']:g}; "
                "give each training a log of its own",
                path=path,
            )
        numbers = {
            name: value if isinstance(value, bool) else _read_number(value)
            for name, value in record.items()
            if value is None or isinstance(value, bool | int | float)
        }
        checked.append(numbers)
    return checked


def _read_number(value: Any) -> float | None:
    """Return a finite number as it is, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= 1e300 and math.isfinite(value) else None
