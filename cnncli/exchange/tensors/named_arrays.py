"""Arrays by name, as files of weights hold them, whatever the format."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ModelFileError
from cnncli.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnncli.layers.base import Shape

NUMBERS = {  # types of numbers in files, little-endian; NumPy has no bfloat16
    name: np.dtype(name).newbyteorder("<")
    for name in (
        "float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool",
    )
} | {"bfloat16": np.dtype("<u2")}  # fmt: skip


class NamedArrays(Value):
    """The arrays of a file, their types as they were stored, and what it says of a network."""

    arrays: Mapping[str, NDArray[Any]]  # bfloat16 is float32 here
    types: Mapping[str, str]
    ordered: bool = False  # whether they stand in the order in which their modules were made
    notes: tuple[str, ...] = ()  # what there is to say about the reading
    description: str | None = None  # of a model of ours, by `describe_model`

    def to_float32(self) -> tuple[dict[str, NDArray[np.float32]], tuple[str, ...]]:
        """Return the arrays of floats in float32, and which types of numbers were converted.

        Integers stay out: they count batches. Raises ModelFileError for values that are not
        finite, and for integers that are weights.
        """
        counts: Counter[str] = Counter()
        converted: dict[str, NDArray[np.float32]] = {}
        for name, array in self.arrays.items():
            kind = self.types[name]
            if "float" not in kind:
                if array.ndim > 1:
                    raise ModelFileError(
                        f"{name[:60]!a} is of {kind}: quantized weights are not read; "
                        "give those of float32"
                    )
                continue
            if kind != "float32":
                counts[kind] += 1
            with np.errstate(over="ignore"):
                converted[name] = np.require(array, np.float32, ["W"])
            if not np.isfinite(converted[name]).all():
                raise ModelFileError(
                    f"{name[:60]!a} has NaN or infinite values, or such that float32 has not"
                )
        return converted, tuple(
            f"{count} arrays of {kind} converted to float32" for kind, count in counts.items()
        )


def read_numbers(stream: BinaryIO, kind: str, shape: Shape, name: str) -> NDArray[Any]:
    """Return the array that comes next in a file; raise ModelFileError where the file ends."""
    length = math.prod(shape) * NUMBERS[kind].itemsize
    data = stream.read(length)
    if len(data) != length:
        raise ModelFileError(f"is truncated in {name[:60]!a}; copy it again")
    return view_numbers(data, kind).reshape(shape)


def view_numbers(data: bytes, kind: str) -> NDArray[Any]:
    """Return bytes as a vector of numbers; bfloat16 becomes float32, of which it is the half."""
    numbers = np.frombuffer(data, NUMBERS[kind])
    if kind == "bfloat16":
        return (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers
