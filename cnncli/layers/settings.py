"""The kinds of settings a layer can have: how each is written, read and explained."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import MISSING, field
from typing import Any, Literal

from cnncli.value import Value

Size = tuple[int, ...]  # (3,) alike on every axis, (3, 5) height and width
Padding = Size | Literal["same", "causal"]


class Kind(Value):
    """How the text of one setting becomes a value and back."""

    expects: str  # completes "expected …" in an error
    read: Callable[[str], Any]  # raises ValueError for a text that does not fit
    write: Callable[[Any], str]


def setting(kind: Kind, default: Any = MISSING) -> Any:
    """Declare a dataclass field as a layer setting of this kind."""
    return field(default=default, metadata={"kind": kind})


def _whole(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < least:
        raise ValueError(text)
    return int(text)


def _real(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _number(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 1e9 else repr(float(value))


def _size(text: str, least: int) -> Size:
    parts = tuple(_whole(part, least) for part in text.split("x"))
    if len(parts) > 2:
        raise ValueError(text)
    return parts[:1] if len(set(parts)) == 1 else parts


def _write_size(value: Size) -> str:
    return "x".join(map(str, value))


def _padding(text: str) -> Padding:
    if text == "same":
        return "same"
    if text == "causal":
        return "causal"
    return _size(text, 0)


def _shape(text: str) -> Size:
    parts = tuple(_whole(part, 1) for part in text.split("x"))
    if not 1 <= len(parts) <= 3:
        raise ValueError(text)
    return parts


def _switch(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(text)
    return text == "yes"


def _between(low: float, high: float, text: str) -> float:
    value = _real(text)
    if not low <= value < high:
        raise ValueError(text)
    return value


def _positive(text: str) -> float:
    value = _real(text)
    if value <= 0:
        raise ValueError(text)
    return value


COUNT = Kind("a whole number of 1 or more", lambda text: _whole(text, 1), str)
INDEX = Kind("a whole number of 0 or more", lambda text: _whole(text, 0), str)
SIZE = Kind("a size such as 3 or 3x5", lambda text: _size(text, 1), _write_size)
PADDING = Kind(
    "a number of pixels such as 1 or 1x2, 'same' or 'causal'",
    _padding,
    lambda value: value if isinstance(value, str) else _write_size(value),
)
SHAPE = Kind("a shape such as 7x7x64", _shape, _write_size)
SWITCH = Kind("yes or no", _switch, lambda value: "yes" if value else "no")
RATE = Kind("a number from 0 up to, but not, 1", lambda text: _between(0, 1, text), _number)
REAL = Kind("a number", _real, _number)
POSITIVE = Kind("a number above 0", _positive, _number)


def choice(*names: str) -> Kind:
    """One of a few words."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(text)
        return text

    return Kind("one of " + ", ".join(names), read, str)


FILL = choice("zero", "reflect", "edge")
