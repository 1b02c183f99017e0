"""Functions that exporters spell out as chains of nodes, found again by their patterns.

A pattern is a text for what stands anywhere ("x", the same at each place), a number for a constant
of that value everywhere, or an operator with the patterns of its inputs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import numpy as np

from cnncli.exchange.onnx_in.reading import Operation
from cnncli.value import Value

EITHER_WAY = ("Add", "Mul")  # whose inputs may be swapped
NEAR = 1e-4  # of numbers, for 1/6 comes as 0.16666667 and as 0.1667

CLIPPED = ("Clip", ("Add", "x", 3), 0, 6)
HARD_SIGMOID: tuple[Any, ...] = ("HardSigmoid", "x")
ERF = ("Add", ("Erf", ("Div", "x", math.sqrt(2))), 1)
ERF_TIMES = ("Add", ("Erf", ("Mul", "x", math.sqrt(0.5))), 1)
CUBE = ("Add", "x", ("Mul", ("Pow", "x", 3), 0.044715))

PATTERNS: tuple[tuple[str, tuple[Any, ...]], ...] = (  # the operator each stands for
    ("HardSwish", ("Div", ("Mul", "x", CLIPPED), 6)),
    ("HardSwish", ("Mul", ("Mul", "x", CLIPPED), 1 / 6)),
    ("HardSwish", ("Mul", "x", ("Div", CLIPPED, 6))),
    ("HardSwish", ("Mul", "x", ("Mul", CLIPPED, 1 / 6))),
    ("HardSwish", ("Mul", "x", HARD_SIGMOID)),
    ("HardSigmoid6", ("Div", CLIPPED, 6)),
    ("HardSigmoid6", ("Mul", CLIPPED, 1 / 6)),
    ("Swish", ("Mul", "x", ("Sigmoid", "x"))),
    *(("Gelu", ("Mul", ("Mul", "x", erf), 0.5)) for erf in (ERF, ERF_TIMES)),
    *(("Gelu", ("Mul", "x", ("Mul", erf, 0.5))) for erf in (ERF, ERF_TIMES)),
    *(("Gelu", ("Mul", ("Mul", "x", 0.5), erf)) for erf in (ERF, ERF_TIMES)),
)


class _Found(Value):
    """What the texts of a pattern stand for: names of values."""

    names: Mapping[str, str]


def recognize(
    operation: Operation, makers: Mapping[str, Operation], values: Mapping[str, Any]
) -> Operation | None:
    """Return the operation that a chain which ends in this one stands for, if there is any.

    `makers` are the nodes that make a value, `values` what each value is, constants as arrays.
    """
    for operator, pattern in PATTERNS:
        if pattern[0] != operation.operator:
            continue
        for found in _match_node(pattern, operation, makers, values, {}):
            source = found.names["x"]
            if isinstance(values.get(source), np.ndarray):
                continue
            return Operation(operator, operation.name, (source,), operation.outputs, {})
    return None


def _match_node(
    pattern: tuple[Any, ...],
    operation: Operation,
    makers: Mapping[str, Operation],
    values: Mapping[str, Any],
    names: Mapping[str, str],
) -> Iterator[_Found]:
    """Yield the ways in which a node matches a pattern, given what names stand for so far."""
    operator, *wanted = pattern
    if operation.operator != operator:
        return
    if operator == "HardSigmoid" and not _is_usual_hard_sigmoid(operation):
        return
    inputs = _list_inputs(operation)
    if len(inputs) != len(wanted):
        return
    orders = permutations(inputs) if operator in EITHER_WAY else [inputs]
    for order in orders:
        founds = [_Found(names)]
        for part, held in zip(wanted, order, strict=True):
            founds = [
                more for found in founds for more in _match(part, held, makers, values, found.names)
            ]
        yield from founds


def _match(
    pattern: Any,
    held: str | float,
    makers: Mapping[str, Operation],
    values: Mapping[str, Any],
    names: Mapping[str, str],
) -> Iterator[_Found]:
    """Yield the ways in which a value, or a number of an attribute, matches a pattern."""
    if isinstance(pattern, str):
        if isinstance(held, str) and names.get(pattern, held) == held:
            yield _Found({**names, pattern: held})
    elif isinstance(pattern, tuple):
        if isinstance(held, str) and held in makers:
            yield from _match_node(pattern, makers[held], makers, values, names)
    else:
        number = values.get(held) if isinstance(held, str) else np.array(held)
        if (
            isinstance(number, np.ndarray)
            and number.size
            and np.allclose(number, pattern, rtol=NEAR, atol=NEAR * 1e-3)
        ):
            yield _Found(names)


def _list_inputs(operation: Operation) -> list[str | float]:
    """Return the inputs of a node; the bounds of a Clip were attributes before opset 11."""
    inputs: list[str | float] = list(operation.inputs)
    if operation.operator == "Clip" and len(inputs) == 1:
        inputs += [operation.attributes.get(key, math.inf) for key in ("min", "max")]
    return inputs


def _is_usual_hard_sigmoid(operation: Operation) -> bool:
    alpha, beta = (operation.attributes.get(*pair) for pair in (("alpha", 0.2), ("beta", 0.5)))
    return math.isclose(alpha, 1 / 6, rel_tol=NEAR) and math.isclose(beta, 0.5, rel_tol=NEAR)
