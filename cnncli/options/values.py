"""Kinds of values that options and arguments have, and how each is read from the command line."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
    Choice = click.Choice[str]
else:
    ParamType, Choice = click.ParamType, click.Choice  # no type arguments in older versions


class _Sizes(ParamType):
    """Whole numbers joined by x."""

    def __init__(self, name: str, lengths: tuple[int, ...], example: str) -> None:
        self.name = name
        self.lengths = lengths
        self.example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the numbers as a tuple."""
        if isinstance(value, tuple):
            return value
        parts = value.lower().split("x")
        fits = all(re.fullmatch("[1-9][0-9]{0,6}", part) for part in parts)
        if not fits or len(parts) not in self.lengths:
            self.fail(f"{value!r} is not a size such as {self.example}", param, ctx)
        return tuple(map(int, parts))


class _ImageSize(_Sizes):
    """A height and a width; a single number means both."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return (height, width)."""
        numbers = super().convert(value, param, ctx)
        return numbers * 2 if len(numbers) == 1 else numbers


class _Numbers(ParamType):
    """Whole numbers from 0 on, separated by commas."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the numbers as a tuple."""
        if isinstance(value, tuple):
            return value
        parts = [part.strip() for part in value.split(",")]
        if not all(re.fullmatch("[0-9]{1,7}", part) for part in parts):
            self.fail(f"{value!r} is not a list of numbers such as 0,3,5", param, ctx)
        return tuple(map(int, parts))


class _Bytes(ParamType):
    """A number of bytes, with K, M or G behind it for powers of 1024."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number of bytes."""
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]?)(?:i?B)?", str(value), re.IGNORECASE)
        if not match:
            self.fail(f"{value!r} is not a number of bytes such as 64M", param, ctx)
        return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


class _Duration(ParamType):
    """A time: a number with s, m or h behind it, or of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number of seconds."""
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([smh]?)", str(value))
        if not match or not float(match[1]):
            self.fail(f"{value!r} is not a time such as 90s, 5m or 1.5h", param, ctx)
        return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


class FiniteRange(click.FloatRange):
    """A number within bounds, which infinity and NaN are not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


class _Share(click.FloatRange):
    """A number from 0 to 1."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; of one that is meant in percent, say what it is as a share."""
        number = click.FLOAT.convert(value, param, ctx)
        if 1 < number <= 100:
            self.fail(f"{value} is above 1; write {number / 100:g} for {number:g} %", param, ctx)
        return super().convert(value, param, ctx)


class Named(Choice):
    """One of a few names, with settings in parentheses where they are not the usual ones."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text; what it says is read where the names are known to mean something."""
        super().convert(value.partition("(")[0].strip(), param, ctx)
        return value


class _Output(ParamType):
    """The name of a file to write; all names of stdout become `-`."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name."""
        from cnncli.model_file.atomic import STDOUT

        return "-" if value in STDOUT else value


OUTPUT = _Output()
SHARE = _Share(0, 1)
SIZE = _Sizes("size", (1, 2, 3), "32x32x3")
NUMBERS = _Numbers()
IMAGE_SIZE = _ImageSize("size", (1, 2), "28 or 24x32")
BYTES = _Bytes()
DURATION = _Duration()
