"""Errors for single files of a set, and the one error for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, TypeVar

from cnncli.errors import DataError

SHOWN = 5  # bad files named in an error

Found = TypeVar("Found")


class FileError(DataError):
    """One sample that cannot be used; `reason` is the part of the message in parentheses."""

    what: ClassVar[str]  # it should have been

    def __init__(self, name: str, reason: str, remedy: str = "replace it or remove it") -> None:
        super().__init__(f"{name}: not a readable {self.what} ({reason}); {remedy}", path=name)
        self.reason = reason


class ImageError(FileError):
    """One image that cannot be used."""

    what = "image"


class SignalError(FileError):
    """One signal that cannot be used."""

    what = "signal"


def readable(
    where: str, names: Sequence[str], look: Callable[[str], Found], threads: int
) -> list[Found]:
    """Return what `look` finds in those files that do not raise FileError; raise it for all."""

    def found(name: str) -> Found | FileError:
        try:
            return look(name)
        except FileError as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(found, names))
    good = [one for one in results if not isinstance(one, FileError)]
    if not good:
        bad = [one for one in results if isinstance(one, FileError)]
        raise unreadable(where, bad, len(names))
    return good


def unreadable(where: str, bad: Sequence[FileError], total: int) -> DataError:
    """Return one error for all files of a set that cannot be used."""
    if len(bad) == 1:
        return bad[0]
    shown = ", ".join(f"{error.path} ({error.reason})" for error in bad[:SHOWN])
    return DataError(
        f"{where}: {len(bad)} of {total} {bad[0].what}s are not readable: "
        f"{shown}{', …' if len(bad) > SHOWN else ''}; replace or remove them",
        path=where,
    )
