"""Computes nodes whose inputs are all known: constants, and arithmetic with sizes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncli.exchange.onnx_in.network import Constant, UnsupportedError
from cnncli.exchange.onnx_in.reading import MOST_AXES, MOST_VALUES, Operation
from cnncli.exchange.onnx_library import onnx

Settings = dict[str, Any]

SIMPLE: dict[str, Callable[..., Any]] = {  # what NumPy has under another name
    "Abs": np.abs,
    "Add": np.add,
    "And": np.logical_and,
    "Ceil": np.ceil,
    "Equal": np.equal,
    "Exp": np.exp,
    "Floor": np.floor,
    "Greater": np.greater,
    "Identity": lambda x: x,
    "Less": np.less,
    "Max": lambda *x: np.maximum.reduce(np.broadcast_arrays(*x)),
    "Min": lambda *x: np.minimum.reduce(np.broadcast_arrays(*x)),
    "Mod": np.mod,
    "Mul": np.multiply,
    "Neg": np.negative,
    "Not": np.logical_not,
    "Or": np.logical_or,
    "Pow": np.power,
    "Reciprocal": np.reciprocal,
    "Sqrt": np.sqrt,
    "Sub": np.subtract,
    "Where": np.where,
}


FAULTS = (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError)


def fold(operation: Operation, inputs: list[Any]) -> list[Any]:
    """Return what a node makes of constants; raise UnsupportedError."""
    compute = FOLDS.get(operation.operator) or _wrap(SIMPLE.get(operation.operator))
    if compute is None:
        raise UnsupportedError("no layer does this")
    with np.errstate(all="ignore"):
        try:
            made = compute(operation.attributes, *inputs)
        except FAULTS as error:
            raise UnsupportedError("its constants do not fit together") from error
    arrays = made if isinstance(made, list) else [made]
    for array in arrays:
        _check_size(array.shape)
    return [np.asarray(array) for array in arrays]


def can_fold(operation: Operation) -> bool:
    """Say whether a node of this operator can be computed where its inputs are constants."""
    return operation.operator in FOLDS or operation.operator in SIMPLE


def _wrap(function: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """Return a function of settings and arrays that knows no settings."""
    if function is None:
        return None

    def compute(settings: Settings, *inputs: Constant) -> Any:
        _check_size(np.broadcast_shapes(*(x.shape for x in inputs)))
        made = function(*inputs)
        kinds = {x.dtype for x in inputs}
        return made.astype(kinds.pop()) if len(kinds) == 1 and made.dtype != bool else made

    return compute


def _check_size(shape: tuple[int, ...]) -> None:
    """Refuse arrays that nothing in a network needs."""
    if len(shape) > MOST_AXES or math.prod(shape) > MOST_VALUES:
        raise UnsupportedError("it makes a constant beyond all sizes")


def _constant(settings: Settings) -> Constant:
    for name, kind in (("value_float", np.float32), ("value_int", np.int64)):
        if name in settings or f"{name}s" in settings:
            return np.array(settings.get(name, settings.get(f"{name}s")), kind)
    return np.asarray(settings["value"])


def _constant_of_shape(settings: Settings, shape: Constant) -> Constant:
    value = settings.get("value", np.zeros(1, np.float32))
    sizes = tuple(map(int, shape.reshape(-1)))
    _check_size(sizes)
    return np.broadcast_to(value.reshape(()), sizes)


def _cast(settings: Settings, x: Constant, *_: Any) -> Constant:
    kind = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(settings["to"]))
    if kind.kind not in "bfiu":
        raise UnsupportedError("it makes a type that is not read")
    return x.astype(np.float32 if kind.kind == "f" else kind)


def _concat(settings: Settings, *parts: Constant) -> Constant:
    _check_size((sum(part.size for part in parts),))
    return np.concatenate(parts, settings["axis"])


def _gather(settings: Settings, x: Constant, places: Constant) -> Constant:
    axis = settings.get("axis", 0)
    _check_size((places.size, *x.shape[:axis], *x.shape[axis + 1 :]))
    return np.take(x, places, axis)


def _reshape(settings: Settings, x: Constant, shape: Constant) -> Constant:
    return x.reshape(resolve_shape(x.shape, shape.tolist(), settings.get("allowzero", 0)))


def resolve_shape(shape: tuple[int, ...], wanted: list[int], allow_zero: int = 0) -> list[int]:
    """Return the sizes a Reshape asks for: 0 keeps one, -1 is what is left; raise ValueError."""
    sizes = [
        shape[axis] if size == 0 and not allow_zero else size for axis, size in enumerate(wanted)
    ]
    if sizes.count(-1) == 1:
        rest = math.prod(size for size in sizes if size != -1)
        sizes[sizes.index(-1)] = math.prod(shape) // rest if rest else 0
    if math.prod(sizes) != math.prod(shape) or min(sizes, default=0) < 0:
        raise ValueError(sizes)
    return sizes


def _slice(settings: Settings, x: Constant, *bounds: Constant | None) -> Constant:
    starts, ends, axes, steps = read_slice(settings, bounds)
    index: list[slice] = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        to_front = step < 0 and end < -x.shape[axis]
        index[axis] = slice(start, None if to_front else end, step)
    return x[tuple(index)]


def read_slice(
    settings: Settings, bounds: tuple[Constant | None, ...]
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return starts, ends, axes and steps of a Slice, attributes before opset 10."""
    given = [None if bound is None else bound.reshape(-1).tolist() for bound in bounds]
    given += [None] * (4 - len(given))
    starts = given[0] if given[0] is not None else settings["starts"]
    ends = given[1] if given[1] is not None else settings["ends"]
    axes = given[2] if given[2] is not None else settings.get("axes", [*range(len(starts))])
    return starts, ends, axes, given[3] or [1] * len(starts)


def read_axes(settings: Settings, given: Constant | None) -> list[int] | None:
    """Return axes, an attribute in older opsets and an input in newer ones."""
    axes = settings.get("axes") if given is None else given.reshape(-1).tolist()
    return None if axes is None else [int(axis) for axis in axes]


def _squeeze(settings: Settings, x: Constant, given: Constant | None = None) -> Constant:
    axes = read_axes(settings, given)
    return np.squeeze(x, None if axes is None else tuple(axes))


def _unsqueeze(settings: Settings, x: Constant, given: Constant | None = None) -> Constant:
    axes = read_axes(settings, given)
    assert axes is not None
    return np.expand_dims(x, tuple(axes))


def _expand(settings: Settings, x: Constant, shape: Constant) -> Constant:
    sizes = np.broadcast_shapes(x.shape, tuple(map(int, shape.reshape(-1))))
    _check_size(sizes)
    return np.broadcast_to(x, sizes)


def _range(settings: Settings, start: Constant, end: Constant, step: Constant) -> Constant:
    first, last, by = (np.asarray(bound).item() for bound in (start, end, step))
    _check_size((max(0, math.ceil((last - first) / by)) if by else MOST_VALUES + 1,))
    return np.arange(first, last, by, dtype=start.dtype)


def _divide(settings: Settings, x: Constant, y: Constant) -> Any:
    _check_size(np.broadcast_shapes(x.shape, y.shape))
    if x.dtype.kind not in "iu":
        return np.divide(x, y)
    quotient: NDArray[Any] = np.trunc(np.divide(x, y)).astype(x.dtype)  # towards 0, as in C
    return quotient


def _reduce(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(settings: Settings, x: Constant, given: Constant | None = None) -> Any:
        axes = read_axes(settings, given)
        chosen = None if axes is None else tuple(axes)
        return function(x, axis=chosen, keepdims=bool(settings.get("keepdims", 1)))

    return compute


FOLDS: dict[str, Callable[..., Any]] = {
    "Cast": _cast,
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Div": _divide,
    "Dropout": lambda settings, x, *_: x,
    "Expand": _expand,
    "Flatten": lambda settings, x: x.reshape(math.prod(x.shape[: settings.get("axis", 1)]), -1),
    "Gather": _gather,
    "Range": _range,
    "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min),
    "ReduceProd": _reduce(np.prod),
    "ReduceSum": _reduce(np.sum),
    "Reshape": _reshape,
    "Shape": lambda settings, x: np.array(
        x.shape[settings.get("start") : settings.get("end")], np.int64
    ),
    "Size": lambda settings, x: np.array(x.size, np.int64),
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Transpose": lambda settings, x: x.transpose(settings.get("perm")),
    "Unsqueeze": _unsqueeze,
}
