"""Errors for single files of a set, and for all of them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, TypeVar

from cnncli.errors import DataError

SHOWN = 5  # bad files named in an error
REPLACE = "replace it or remove it"

Result = TypeVar("Result")


class RefusedError(Exception):
    """Why a file is not accepted, in a few words, and what to do."""

    def __init__(self, reason: str, remedy: str = REPLACE) -> None:
        super().__init__(reason)
        self.remedy = remedy


class FileError(DataError):
    """A sample that cannot be used; `reason` is the part of the message in parentheses."""

    noun: ClassVar[str]  # what it should have been: image or signal

    def __init__(self, name: str, reason: str, remedy: str = REPLACE) -> None:
        fault = f"not a readable {self.noun} ({reason}); {remedy}"
        super().__init__(fault, path=name, place=name)
        self.reason = reason


class ImageError(FileError):
    """An image that cannot be used."""

    noun = "image"


class SignalError(FileError):
    """A signal that cannot be used."""

    noun = "signal"


def read_readable(
    where: str, names: Sequence[str], read: Callable[[str], Result], threads: int
) -> list[Result]:
    """Return what `read` makes of the files for which it raises no FileError.

    Raises DataError where it does so for all of them.
    """

    def attempt(name: str) -> Result | FileError:
        try:
            return read(name)
        except FileError as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(attempt, names))
    good = [result for result in results if not isinstance(result, FileError)]
    if not good:
        bad = [result for result in results if isinstance(result, FileError)]
        raise join_errors(where, bad, len(names))
    return good


def join_errors(where: str, bad: Sequence[FileError], total: int) -> DataError:
    """Return a single error for all files of a set that cannot be used."""
    if len(bad) == 1:
        return bad[0]
    shown = ", ".join(f"{error.path} ({error.reason})" for error in bad[:SHOWN])
    return DataError(
        f"{where}: {len(bad)} of {total} {bad[0].noun}s are not readable: "
        f"{shown}{', …' if len(bad) > SHOWN else ''}; replace or remove them",
        path=where,
    )
