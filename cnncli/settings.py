"""Settings in parentheses, as in conv(6, 5, pad=2): their kinds, and how they are read and written.

Classes that are written like this (layers, losses, optimizers, …) are `Value`s. Those of their
fields that are declared by `setting` can be given: by position, in the order of declaration, or by
name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, field, fields
from typing import Any, Literal

from cnncli.errors import did_you_mean
from cnncli.value import Value

Size = tuple[int, ...]  # (3,) alike on every axis, (3, 5) height and width
Padding = Size | Literal["same", "causal"]


class Kind(Value):
    """How the text of a setting becomes a value and back."""

    expects: str  # completes "expected …" in an error
    read: Callable[[str], Any]  # raises ValueError for a text that does not fit
    write: Callable[[Any], str]


class Misfit(ValueError):
    """Arguments that do not fit; `argument` is its position, None if it lacks."""

    def __init__(self, message: str, argument: int | None = None) -> None:
        super().__init__(message)
        self.argument = argument


def setting(kind: Kind, default: Any = MISSING) -> Any:
    """Declare a field of a `Value` that users can give; without a default they have to."""
    return field(default=default, metadata={"kind": kind})


def settings_of(owner: type[Value]) -> dict[str, Field[Any]]:
    """Return the settings of a class by name, in the order in which they are given by position."""
    return {declared.name: declared for declared in fields(owner) if "kind" in declared.metadata}


def match_arguments(
    owner: str, arguments: Sequence[tuple[str | None, str]], required: Mapping[str, bool]
) -> dict[str, int]:
    """Return for each setting that is given the position of the argument that gives it.

    An argument is a name, None where it is given by position, and a text; `required` says of each
    setting of the `owner` whether it has to be given. Raises Misfit.
    """
    names = tuple(required)
    positions: dict[str, int] = {}
    by_name = False
    for position, (name, text) in enumerate(arguments):
        if name is not None:
            by_name = True
        elif by_name:
            raise Misfit(f"{owner}: write {text!r} before the settings with a name", position)
        elif position == len(names):
            raise Misfit(f"{owner}: {text!r} is one setting too many", position)
        key = names[position] if name is None else name
        if key not in names:
            hint = did_you_mean(key, names) or f"; it has {', '.join(names) or 'none'}"
            raise Misfit(f"{owner} has no setting {key!r}{hint}", position)
        if key in positions:
            raise Misfit(f"{owner}: {key} is given twice", position)
        positions[key] = position
    needed = [name for name in names if required[name]]
    for name in needed:
        if name not in positions:
            raise Misfit(f"{owner}: {name} is missing; write {owner}({', '.join(needed)})")
    return positions


def read_setting(owner: str, declared: Field[Any], text: str) -> Any:
    """Return the value that a text gives to a setting; raise Misfit."""
    kind: Kind = declared.metadata["kind"]
    try:
        return kind.read(text)
    except ValueError:
        raise Misfit(f"{owner}: {declared.name} is {text!r}; expected {kind.expects}") from None


def split_call(text: str) -> tuple[str, list[tuple[str | None, str]]]:
    """Return the name and the arguments that are written in huber(0.5) or lion(0.9, beta2=0.99).

    A text that is nothing of the kind is all name.
    """
    call = re.fullmatch(r"\s*([\w+-]+)\s*(?:\(([^()]*)\))?\s*", text)
    if call is None:
        return text, []
    arguments: list[tuple[str | None, str]] = []
    for argument in call[2].split(",") if call[2] else []:
        name, equals, value = argument.rpartition("=")
        arguments.append((name.strip() if equals else None, value.strip()))
    return call[1], arguments


def write_call(owner: str, value: Value) -> str:
    """Return the shortest text that is read as this value: what has its default is left out."""
    words = []
    by_position = True
    for name, declared in settings_of(type(value)).items():
        held = getattr(value, name)
        if held == declared.default and declared.default is not MISSING:
            by_position = False
            continue
        text = declared.metadata["kind"].write(held)
        words.append(text if by_position else f"{name}={text}")
    return f"{owner}({', '.join(words)})" if words else owner


def _read_whole(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < least:
        raise ValueError(text)
    return int(text)


def _read_real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _write_number(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 1e9 else repr(float(value))


def _read_size(text: str, least: int) -> Size:
    parts = tuple(_read_whole(part, least) for part in text.split("x"))
    if len(parts) > 2:
        raise ValueError(text)
    return parts[:1] if len(set(parts)) == 1 else parts


def _write_size(value: Size) -> str:
    return "x".join(map(str, value))


def _read_padding(text: str) -> Padding:
    if text == "same":
        return "same"
    if text == "causal":
        return "causal"
    return _read_size(text, 0)


def _read_shape(text: str) -> Size:
    parts = tuple(_read_whole(part, 1) for part in text.split("x"))
    if not 1 <= len(parts) <= 3:
        raise ValueError(text)
    return parts


def _read_switch(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(text)
    return text == "yes"


def _read_between(low: float, high: float, text: str) -> float:
    value = _read_real(text)
    if not low <= value < high:
        raise ValueError(text)
    return value


def _read_distance(text: str) -> float:
    value = _read_real(text)
    if value < 0 or (value > 1 and value != int(value)):
        raise ValueError(text)
    return value


def _read_positive(text: str) -> float:
    value = _read_real(text)
    if value <= 0:
        raise ValueError(text)
    return value


COUNT = Kind("a whole number of 1 or more", lambda text: _read_whole(text, 1), str)
INDEX = Kind("a whole number of 0 or more", lambda text: _read_whole(text, 0), str)
SIZE = Kind("a size such as 3 or 3x5", lambda text: _read_size(text, 1), _write_size)
SIDES = Kind("a number of pixels such as 1 or 1x2", lambda text: _read_size(text, 0), _write_size)
PADDING = Kind(
    "a number of pixels such as 1 or 1x2, 'same' or 'causal'",
    _read_padding,
    lambda value: value if isinstance(value, str) else _write_size(value),
)
SHAPE = Kind("a shape such as 7x7x64", _read_shape, _write_size)
SWITCH = Kind("yes or no", _read_switch, lambda value: "yes" if value else "no")
RATE = Kind(
    "a number from 0 up to, but not, 1", lambda text: _read_between(0, 1, text), _write_number
)
DISTANCE = Kind(
    "a whole number of pixels, or a share of the side below 1 (of signals: values, length)",
    _read_distance,
    _write_number,
)
REAL = Kind("a number", _read_real, _write_number)
POSITIVE = Kind("a number above 0", _read_positive, _write_number)


def choice(*names: str) -> Kind:
    """One of a few words."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(text)
        return text

    return Kind("one of " + ", ".join(names), read, str)


def between(low: float, high: float) -> Kind:
    """Return the kind of a number within bounds."""

    def read(text: str) -> float:
        value = _read_real(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return Kind(f"a number from {low:g} to {high:g}", read, _write_number)


SHARE = between(0, 1)
FILL = choice("zero", "reflect", "edge")
