"""Errors for single files of a set, and for all of them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, TypeVar

from cnncli.data.runs import map_runs
from cnncli.errors import DataError, setting

SHOWN = 5  # bad files named in an error
REPLACE = "replace it or remove it"

Result = TypeVar("Result")
Part = TypeVar("Part", bound=Sized)


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
        self.reason, self.remedy = reason, remedy


class ImageError(FileError):
    """An image that cannot be used."""

    noun = "image"


class SignalError(FileError):
    """A signal that cannot be used."""

    noun = "signal"


class UnreadableError(DataError):
    """All files of a set that cannot be used."""

    def __init__(self, where: str, files: Sequence[FileError], total: int) -> None:
        """`total` is how many files were read; `files` are not empty."""
        files = list({file.path: file for file in files}.values())  # a list may repeat one
        more = ", …" if len(files) > SHOWN else ""
        if len({file.reason for file in files}) == 1:
            names = ", ".join(str(file.path) for file in files[:SHOWN])
            shown = f"{names}{more} ({files[0].reason})"
        else:
            shown = ", ".join(f"{file.path} ({file.reason})" for file in files[:SHOWN]) + more
        remedies = {file.remedy for file in files}
        remedy = remedies.pop() if len(remedies) == 1 else REPLACE
        remedy = "replace or remove them" if remedy == REPLACE else remedy
        if len(files) < total:
            remedy += f", or go on without them by {setting('skip_broken')}"
        super().__init__(
            f"{len(files)} of {total} {files[0].noun}s cannot be read: {shown}; {remedy}",
            path=files[0].path if len(files) == 1 else where,
            place=where,
        )
        self.where, self.files, self.total = where, tuple(files), total


def read_readable(
    where: str, names: Sequence[str], read: Callable[[str], Result], threads: int
) -> list[Result]:
    """Return what `read` makes of the files for which it raises no FileError.

    Raises UnreadableError where it does so for all of them.
    """

    def attempt(name: str) -> Result | FileError:
        try:
            return read(name)
        except FileError as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        results = map_runs(pool, lambda run: [attempt(name) for name in names[run]], names)
    good = [result for result in results if not isinstance(result, FileError)]
    if not good:
        bad = [result for result in results if isinstance(result, FileError)]
        raise UnreadableError(where, bad, len(names))
    return good


def build_each(where: str, build: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """Return what `build` makes of each part of a set; raise one UnreadableError for all files."""
    built: list[Result] = []
    files: list[FileError] = []
    for part in parts:
        try:
            built.append(build(part))
        except UnreadableError as error:
            files += error.files
    if files:
        raise UnreadableError(where, files, sum(map(len, parts)))
    return built


def skip_unreadable(
    load: Callable[[frozenset[str]], Result], *, skip: bool
) -> tuple[Result, tuple[FileError, ...]]:
    """Return what `load` makes of a set without its unreadable files, and what is wrong with them.

    `load` gets the names of the files to leave out, and is called again for as long as it finds
    more. So its result is the same as if these files had never been there. Raises UnreadableError
    where `skip` is False, or no file is left.
    """
    broken: dict[str, FileError] = {}
    while True:
        try:
            return load(frozenset(broken)), tuple(broken.values())
        except UnreadableError as error:
            found = {str(file.path): file for file in error.files}
            if not skip or len(error.files) == error.total or found.keys() <= broken.keys():
                raise
        broken |= found
