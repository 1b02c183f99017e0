"""Values as JSON and arrays, by the types of their fields, and back: the inside of a checkpoint.

What a type declares is written and read without being listed anywhere else. A type that this module
cannot write fails in the tests, not in the training of a user.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ModelFileError
from cnncli.tasks import Task, read_task

PLAIN = (bool, int, str)
NO_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}  # which JSON does not know


def pack(value: Any, kind: Any, arrays: dict[str, NDArray[Any]], name: str = "") -> Any:
    """Return what JSON knows for a value of this type; its arrays are added under its name."""
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if kind is Any or kind in PLAIN:
        return value
    if kind is float:
        return value if math.isfinite(value) else str(float(value))
    if origin in (Union, UnionType):
        return None if value is None else pack(value, _drop_none(inner), arrays, name)
    if origin is np.ndarray:
        arrays[name] = value
        return name
    if origin is dict:
        return {key: pack(part, inner[1], arrays, _join(name, key)) for key, part in value.items()}
    if origin in (list, tuple):
        return [
            pack(part, _kind_of_part(inner, i), arrays, _join(name, i))
            for i, part in enumerate(value)
        ]
    if issubclass(kind, Task):
        return {"outputs": list(value.outputs), "task": value.to_manifest()}
    return {
        field: pack(getattr(value, field), hint, arrays, _join(name, field))
        for field, hint in _list_fields(kind).items()
    }


def unpack(packed: Any, kind: Any, arrays: Mapping[str, NDArray[Any]], name: str = "") -> Any:
    """Return the value that was packed; raise ModelFileError for what `pack` never makes."""
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if kind is Any:
        return packed
    if kind in PLAIN:
        return _require(type(packed) is kind, packed, name)
    if kind is float:
        _require(type(packed) in (float, int) or packed in NO_NUMBERS, packed, name)
        return NO_NUMBERS.get(packed, packed)
    if origin in (Union, UnionType):
        return None if packed is None else unpack(packed, _drop_none(inner), arrays, name)
    if origin is np.ndarray:
        (dtype,) = get_args(inner[1])
        sound = packed == name and name in arrays and arrays[name].dtype == dtype
        return arrays[_require(sound, name, name)]
    if origin is dict:
        _require(isinstance(packed, dict), packed, name)
        return {
            key: unpack(part, inner[1], arrays, _join(name, key)) for key, part in packed.items()
        }
    if origin in (list, tuple):
        _require(isinstance(packed, list), packed, name)
        _require(origin is list or inner[1:] == (...,) or len(inner) == len(packed), packed, name)
        return origin(
            unpack(part, _kind_of_part(inner, i), arrays, _join(name, i))
            for i, part in enumerate(packed)
        )
    _require(isinstance(packed, dict), packed, name)
    if issubclass(kind, Task):
        return _unpack_task(packed, name)
    hints = _list_fields(kind)
    _require(packed.keys() == hints.keys(), packed, name)
    return kind(
        **{
            field: unpack(packed[field], hint, arrays, _join(name, field))
            for field, hint in hints.items()
        }
    )


def _join(name: str, part: str | int) -> str:
    return f"{name}/{part}" if name else str(part)


@cache
def _list_fields(kind: Any) -> dict[str, Any]:
    """Return the types of the fields of a dataclass by their names."""
    assert is_dataclass(kind), f"no way to write a {kind} to a checkpoint"
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _kind_of_part(inner: tuple[Any, ...], index: int) -> Any:
    """Return the type of a part of a list[X], a tuple[X, ...] or a tuple[X, Y]."""
    return inner[0] if len(inner) == 1 or inner[1] is ... else inner[index]


def _drop_none(inner: tuple[Any, ...]) -> Any:
    """Return the type that stands beside None in a union."""
    kinds = [kind for kind in inner if kind is not NoneType]
    assert len(kinds) == 1, f"no way to tell {kinds} apart in a checkpoint"
    return kinds[0]


def _unpack_task(packed: dict[str, Any], name: str) -> Task:
    _require(packed.keys() == {"outputs", "task"}, packed, name)
    outputs, task = packed["outputs"], packed["task"]
    _require(isinstance(outputs, list) and isinstance(task, dict), packed, name)
    _require(all(isinstance(output, str) for output in outputs), packed, name)
    return read_task(outputs, task)


def _require(sound: bool, packed: Any, name: str) -> Any:
    """Return what was packed; raise ModelFileError where it is not sound."""
    if not sound:
        raise ModelFileError(f"its {name or 'content'} is not what this cnncli writes")
    return packed
