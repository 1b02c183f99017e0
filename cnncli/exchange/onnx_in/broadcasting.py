"""How operators of opset 6 spread their second input over the first, before NumPy's rules came.

An attribute `axis` said where in the shape of the first input that of the second begins
(github.com/onnx/onnx, docs/Changelog.md, Add of version 6); slopes of a PRelu were the channels'.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from cnncli.exchange.onnx_in.network import Constant, Flow, UnsupportedError
from cnncli.exchange.onnx_in.reading import Operation

NUMPY_SINCE = 7  # opset
WITH_AXIS = {"Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Pow", "Sub", "Xor"}


def align(operation: Operation, values: list[Any]) -> list[Any]:
    """Return the inputs of a node of opset 6 in shapes that NumPy's rules spread alike.

    Raises UnsupportedError where they do not fit.
    """
    axis = operation.attributes.get("axis") if operation.operator in WITH_AXIS else None
    if operation.operator == "PRelu":
        axis = 1
    if axis is None or not all(isinstance(value, (Flow, np.ndarray)) for value in values):
        return values
    first, second = values
    if isinstance(second, Flow) and axis != 0:
        raise UnsupportedError(f"axis={axis} is not read where both of its inputs are computed")
    behind = _count_axes(first) - _count_axes(second) - axis
    if math.prod(second.shape) == 1 and not isinstance(second, Flow):
        return values
    if behind < 0:
        raise UnsupportedError("its inputs do not fit together")
    shape = (*second.shape, *[1] * behind)
    spread = replace(second, shape=shape) if isinstance(second, Flow) else second.reshape(shape)
    return [first, spread]


def _count_axes(value: Flow | Constant) -> int:
    return len(value.shape) + isinstance(value, Flow)  # which has one for the samples
