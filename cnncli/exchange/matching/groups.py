"""Groups of arrays: those of a layer, and those of a module, which may be the same numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cnncli.layers.base import Shape

Group = dict[str, Shape]  # the shapes of a layer's parameters, or of a module's arrays
Groups = Mapping[str, Group]  # by the names of layers or modules
Pairs = dict[str, str]  # the layers of a network, and the module that each has its arrays of


def group_arrays(shapes: Mapping[str, Shape]) -> dict[str, Group]:
    """Return the shapes of arrays, named module.name, as groups of modules."""
    modules: dict[str, Group] = {}
    for full, shape in shapes.items():
        module, _, name = full.rpartition(".")
        modules.setdefault(module, {})[name] = shape
    return modules


def join_name(module: str, name: str) -> str:
    """Return the full name of an array."""
    return f"{module}.{name}" if module else name


def sort_by_kind(groups: Groups, order: Sequence[str]) -> list[str]:
    """Return names in order, but filters together, and bn, and the others."""
    return sorted(order, key=lambda name: _find_kind(groups[name]))


def _find_kind(group: Group) -> str:
    return "filters" if len(group.get("weight", ())) > 1 else ",".join(sorted(group))


def measure(group: Group) -> tuple[tuple[str, int, int], ...]:
    """Return what is alike for groups that may be taken for one another."""
    return tuple(sorted((name, *_measure_array(shape)) for name, shape in group.items()))


def _measure_array(shape: Shape) -> tuple[int, int]:
    return (shape[0], math.prod(shape[1:])) if shape else (1, 1)


def all_fit(layers: Groups, modules: Groups, pairs: Pairs) -> bool:
    """Say whether every layer can have the arrays of its module."""
    return all(fits(modules[module], layers[layer]) for layer, module in pairs.items())


def fits(stored: Group, needed: Group) -> bool:
    """Say whether the arrays of a module can be the parameters of a layer."""
    return stored.keys() == needed.keys() and all(
        _fits_array(stored[name], shape) for name, shape in needed.items()
    )


def _fits_array(stored: Shape, needed: Shape) -> bool:
    """Say whether an array holds a parameter, maybe written with more or fewer dimensions.

    A signal's filters have a side less, and dense layers may be written as convolutions over the
    whole map, or 1x1 convolutions as dense layers: their numbers stand in the same order.
    """
    if len(stored) == len(needed) or len(needed) < 2:
        return stored == needed
    if 2 in (len(stored), len(needed)):
        return _measure_array(stored) == _measure_array(needed)
    return _drop_ones(stored) == _drop_ones(needed)


def _drop_ones(shape: Shape) -> list[int]:
    return [*shape[:2], *(side for side in shape[2:] if side > 1)]


def describe(group: Group) -> str:
    """Return the shapes of a group in words: weight 64x3x7x7, bias 64."""
    return ", ".join(
        f"{name} {'x'.join(map(str, shape)) or 'a number'}" for name, shape in group.items()
    )
