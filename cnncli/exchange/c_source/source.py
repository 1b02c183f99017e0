"""A C file in the making: what its network is made of, in the order in which it was added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.exchange.c_source.library import collect_definitions
from cnncli.exchange.placed_layer import PlacedLayer
from cnncli.layers.base import Array, Shape, image_shape
from cnncli.layers.geometry import Windows
from cnncli.registry import Registry

NUMBERS_PER_LINE = 5
NUMBERS_AT_ONCE = 1000 * NUMBERS_PER_LINE
NUMBER = "%.8ef"  # of a float32, in as many digits as make it exact
ZERO = f"{NUMBER % 0},"
NULL = "NULL"
ARRAYS = {"float32": ("float", NUMBER), "uint8": ("uint8_t", "%d"), "int32": ("int", "%d")}


class CSource:
    """Functions, constants and statements of a file."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self._functions: dict[str, None] = {}
        self._constants: list[str | tuple[str, NDArray[Any]]] = []  # definitions, names and arrays

    def call(self, function: str, *arguments: object) -> None:
        """Append a call of a function of the library."""
        self.use(function)
        self.statements.append(f"{function}({', '.join(map(str, arguments))});")

    def use(self, function: str) -> str:
        """Take a function of the library into the file; return its name."""
        self._functions[function] = None
        return function

    def add_array(self, name: str, values: NDArray[Any]) -> str:
        """Append a constant array, of float32, uint8 or int32; return its name."""
        self._constants.append((name, np.ascontiguousarray(values)))
        return name

    def add_definition(self, text: str) -> None:
        """Append a definition."""
        self._constants.append(text)

    def add_struct(self, kind: str, name: str, lines: Iterable[str]) -> str:
        """Append a constant struct, whose members are given in lines; return its address."""
        members = ",\n    ".join(lines)
        self.add_definition(f"static const struct {kind} {name} = {{\n    {members},\n}};")
        return f"&{name}"

    def write_definitions(self) -> Iterator[str]:
        """Yield what comes before the statements, in pieces: the library, then constants."""
        for text in collect_definitions(self._functions):
            yield f"{text}\n\n"
        for constant in self._constants:
            if isinstance(constant, str):
                yield f"{constant}\n\n"
            else:
                yield from _write_array(*constant)


class Place(PlacedLayer):
    """A layer in its place, ready to be written."""

    name: str  # of the layer, which those of its constants begin with
    y: str  # where its answer goes
    output_shape: Shape
    weights: Mapping[str, Array]  # by their own names, as in the model file
    residual: str = NULL  # where a value lies that is added to the answer
    activate: str = NULL  # the function that each pixel then goes through


Form = Callable[[CSource, Place], None]

FORMS: Registry[Form] = Registry("layer")
COMPLETE: set[str] = set()  # kinds whose functions add the residual and activate, too


def writes(*kinds: str, complete: bool = False) -> Callable[[Form], Form]:
    """Register the function that adds layers of these kinds to a file.

    Unless it is `complete`, what comes behind the layer's own answer is added by others.
    """

    def register(form: Form) -> Form:
        for kind in kinds:
            FORMS.add(kind, form)
            if complete:
                COMPLETE.add(kind)
        return form

    return register


def copy_values(source: CSource, count: int, x: str, y: str) -> None:
    """Add a copy of so many values."""
    source.call("copy_channels", 1, count, count, 0, x, count, 0, y)


def count_pixels(shape: Shape) -> int:
    """Return the pixels of an image; a signal is a row of them, a vector is one."""
    height, width, _ = image_shape(shape)
    return height * width


def write_number(value: float) -> str:
    """Return a float32 in C, in the nine digits that make it exact."""
    return NUMBER % value


def write_windows(windows: Windows) -> list[str]:
    """Return the members of a `struct windows`, in lines."""

    def write(*names: str) -> str:
        pairs = ((name, *getattr(windows, name)) for name in names)
        return ", ".join(f".{name} = {{{rows}, {columns}}}" for name, rows, columns in pairs)

    return [write("input", "size", "stride"), write("dilation", "before", "output")]


def _write_array(name: str, values: NDArray[Any]) -> Iterator[str]:
    """Yield the definition of an array in pieces."""
    kind, number = ARRAYS[values.dtype.name]
    line = f"    {' '.join([f'{number},'] * NUMBERS_PER_LINE)}\n"
    whole = values.size // NUMBERS_PER_LINE * NUMBERS_PER_LINE
    flat = values.reshape(-1)
    yield f"static const {kind} {name}[{values.size}] = {{\n"
    for start in range(0, whole, NUMBERS_AT_ONCE):
        part = flat[start : min(start + NUMBERS_AT_ONCE, whole)].tolist()
        yield (line * (len(part) // NUMBERS_PER_LINE) % tuple(part)).replace(ZERO, "0.0f,")
    if rest := flat[whole:].tolist():
        yield f"    {' '.join(f'{number % value},' for value in rest)}\n"
    yield "};\n\n"
