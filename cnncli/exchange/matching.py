"""Which array of a file is which parameter of a network.

Arrays come in groups, one for each module: `layer1.0.bn2.weight`, `.bias`, `.running_mean`. Where
modules are called what our layers are, the names decide. Otherwise the groups of each kind
(filters, bn, others) are taken in order: that of a known network by its names, or that of the file
where it keeps one. Where neither is known, arrays of equal shapes have to be numbered. A pairing is
accepted if it leaves nothing over on either side, and if no other would do as well.
"""

from __future__ import annotations

import math
import re
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from cnncli.errors import ArchitectureError
from cnncli.exchange.module_order import AUXILIARY, sort_modules
from cnncli.layers.norm import BatchNorm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cnncli.graph import Graph
    from cnncli.layers.base import Array, Shape

Shapes = dict[str, "Shape"]  # of the parameters of a layer, or of the arrays of a module
Pairs = dict[str, str]  # the layers of a network, and the module that each has its arrays of

COUNTER = "num_batches_tracked"  # of PyTorch's bn; nothing is computed with it
TIMM, TIMM_EPS = "conv_stem", 1e-5  # the first module of timm's MobileNets and EfficientNets
WRAPPERS = ("module.", "_orig_mod.", "model.")  # in front of all names, by whoever trained it


def match_arrays(
    graph: Graph, arrays: Mapping[str, Array], *, ordered: bool
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the parameters of a network by name, in the shapes of the model file, and notes.

    `ordered` says that arrays stand in the order in which their modules were made. Raises
    ArchitectureError, with all that does not fit as its details.
    """
    layers = _list_layers(graph)
    kept, notes = _leave_aside(arrays, layers)
    modules = _group(kept)
    pairs = _choose_pairs(layers, modules, ordered)
    weights: dict[str, Array] = {}
    for layer, shapes in layers.items():
        module = pairs[layer]
        for name, shape in shapes.items():
            array = kept[_join(module, name)]
            weights[f"{layer}/{name}"] = np.ascontiguousarray(array, np.float32).reshape(shape)
    return weights, (*notes, *_doubt_eps(graph, modules))


def _doubt_eps(graph: Graph, modules: Collection[str]) -> Iterator[str]:
    """Yield what there is to say of a number that no file of weights holds: bn's eps.

    timm builds the networks of torchvision with another one, and those it took over from
    TensorFlow (`tf_efficientnet_b0`) under the same names with that.
    """
    eps = {node.layer.eps for node in graph.nodes if isinstance(node.layer, BatchNorm)}
    if TIMM in modules and eps != {TIMM_EPS}:
        yield (
            f"by the names these are timm's weights, whose bn has eps={TIMM_EPS:g} (0.001 where "
            f"the name begins with tf_); that of the architecture is "
            f"{', '.join(f'{value:g}' for value in sorted(eps))}"
        )


def count_classes(arrays: Mapping[str, Array]) -> list[int]:
    """Return how many classes the weights in a file may be for, the last of them first."""
    counts = [array.shape[0] for array in arrays.values() if array.ndim > 1]
    return list(dict.fromkeys(reversed(counts)))


def _list_layers(graph: Graph) -> dict[str, Shapes]:
    """Return the shapes of the parameters of each layer that has some."""
    layers = {
        node.name: {
            name: parameter.shape
            for name, parameter in node.layer.parameters(*node.input_shapes).items()
        }
        for node in graph.nodes
    }
    return {name: shapes for name, shapes in layers.items() if shapes}


def _leave_aside(
    arrays: Mapping[str, Array], layers: Mapping[str, Shapes]
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the arrays that a prediction needs, without wrappers around their names, and notes."""
    kept = {
        name.replace("/", "."): array
        for name, array in arrays.items()
        if not name.endswith(COUNTER)
    }
    for wrapper in WRAPPERS:
        if kept and all(name.startswith(wrapper) for name in kept):
            kept = {name.removeprefix(wrapper): array for name, array in kept.items()}
    heads = [name for name in kept if AUXILIARY.match(name)]
    for name in heads:
        del kept[name]
    said = f"left aside: {len(heads)} arrays of heads that take part in trainings alone"
    return kept, (said,) if heads else ()


def _group(arrays: Mapping[str, Array]) -> dict[str, Shapes]:
    """Return the shapes of the arrays of each module."""
    modules: dict[str, Shapes] = {}
    for full, array in arrays.items():
        module, _, name = full.rpartition(".")
        modules.setdefault(module, {})[name] = array.shape
    return modules


def _join(module: str, name: str) -> str:
    return f"{module}.{name}" if module else name


def _choose_pairs(layers: dict[str, Shapes], modules: dict[str, Shapes], ordered: bool) -> Pairs:
    """Return the one pairing that fits; raise ArchitectureError where there is none, or several."""
    if layers.keys() <= modules.keys():
        pairs = {layer: layer for layer in layers}
        _refuse_misfits(layers, modules, pairs)
        return pairs
    orders = sort_modules(modules)
    if ordered:
        orders.append(list(modules))
    pairings = [pairing for order in orders if (pairing := _pair_in_order(layers, modules, order))]
    if not pairings:
        by_shape = _pair_by_shape(layers, modules)
        if not by_shape:
            usual = orders[0] if orders else sorted(modules, key=_split_name)
            raise _word_misfit(layers, modules, usual)
        _refuse_unnumbered(layers, modules, by_shape)
        return by_shape
    first, *others = pairings
    for other in others:
        _refuse_disagreement(first, other)
    return first


def _pair_in_order(
    layers: dict[str, Shapes], modules: dict[str, Shapes], order: list[str]
) -> Pairs | None:
    """Return the pairing of layers and modules that both stand in order; None where one misfits."""
    sorted_layers, sorted_modules = (
        _sort_by_kind(layers, list(layers)),
        _sort_by_kind(modules, order),
    )
    if len(sorted_layers) != len(sorted_modules):
        return None
    pairs = dict(zip(sorted_layers, sorted_modules, strict=True))
    return pairs if all(_fit(modules[pairs[name]], layers[name]) for name in pairs) else None


def _pair_by_shape(layers: dict[str, Shapes], modules: dict[str, Shapes]) -> Pairs | None:
    """Return the pairing of layers and modules of equal shapes, those by number; None for none."""
    by_sizes = [
        sorted(names, key=lambda name: _measure(groups[name]))
        for groups, names in (
            (layers, list(layers)),
            (modules, sorted(modules, key=_split_name)),
        )
    ]
    if len(by_sizes[0]) != len(by_sizes[1]):
        return None
    pairs = dict(zip(*by_sizes, strict=True))
    return pairs if all(_fit(modules[pairs[name]], layers[name]) for name in pairs) else None


def _refuse_misfits(layers: dict[str, Shapes], modules: dict[str, Shapes], pairs: Pairs) -> None:
    """Raise ArchitectureError where layers and modules of the same names are unlike."""
    details = [
        f"{layer} takes {_word(layers[layer])}; the file has {_word(modules[module])}"
        for layer, module in pairs.items()
        if not _fit(modules[module], layers[layer])
    ]
    details += [
        f"{name} {_word(modules[name])}: left over" for name in modules if name not in layers
    ]
    if details:
        raise _make_misfit(details)


def _word_misfit(
    layers: dict[str, Shapes], modules: dict[str, Shapes], order: list[str]
) -> ArchitectureError:
    """Return the error that names what has no counterpart, layers and modules taken in order."""
    sorted_layers, sorted_modules = (
        _sort_by_kind(layers, list(layers)),
        _sort_by_kind(modules, order),
    )
    matcher = SequenceMatcher(
        None,
        [_measure(layers[name]) for name in sorted_layers],
        [_measure(modules[name]) for name in sorted_modules],
        autojunk=False,
    )
    details: list[str] = []
    for verb, start, end, first, last in matcher.get_opcodes():
        if verb != "equal":
            details += [
                f"layer {name} {_word(layers[name])}: nothing in the file fits"
                for name in sorted_layers[start:end]
            ]
            details += [
                f"{name} {_word(modules[name])}: left over" for name in sorted_modules[first:last]
            ]
    return _make_misfit(details or ["the arrays fit, but not in the order of the layers"])


def _refuse_unnumbered(layers: dict[str, Shapes], modules: dict[str, Shapes], pairs: Pairs) -> None:
    """Raise ArchitectureError for modules of equal shapes that no number puts in order."""
    by_size = sorted(layers, key=lambda name: _measure(layers[name]))
    details = [
        f"{pairs[one]} and {pairs[next_]}, both {_word(modules[pairs[one]])}: which is {one}, "
        f"which {next_}?"
        for one, next_ in pairwise(by_size)
        if _measure(layers[one]) == _measure(layers[next_])
        and not _are_numbered(pairs[one], pairs[next_])
    ]
    if details:
        raise ArchitectureError(
            f"{len(details)} pairs of arrays could be taken for one another, as listed; "
            "name them as the layers are called (conv1.weight), or take a .pth file, which keeps "
            "their order",
            details=details,
        )


def _refuse_disagreement(first: Pairs, other: Pairs) -> None:
    details = [
        f"{layer}: {first[layer]} by the names, {other[layer]} by the order in the file"
        for layer in first
        if first[layer] != other[layer]
    ]
    if details:
        raise ArchitectureError(
            f"the order of arrays in the file is not that of their names for {len(details)} "
            "layers, as listed; name them as the layers are called (conv1.weight)",
            details=details,
        )


def _make_misfit(details: list[str]) -> ArchitectureError:
    return ArchitectureError(
        f"the weights in the file are not those of the architecture: {details[0]}"
        + (f" (and {len(details) - 1} more, as listed)" if len(details) > 1 else "")
        + "; give the architecture they were trained in",
        details=details if len(details) > 1 else (),
    )


def _sort_by_kind(groups: Mapping[str, Shapes], order: list[str]) -> list[str]:
    """Return names in order, but those of filters first, then those of bn, then the others."""
    return sorted(order, key=lambda name: _find_kind(groups[name]))


def _find_kind(shapes: Shapes) -> str:
    if len(shapes.get("weight", ())) > 1:
        return "filters"
    return ",".join(sorted(shapes))


def _measure(shapes: Shapes) -> tuple[tuple[str, int, int], ...]:
    """Return what is alike for groups that may be taken for one another."""
    return tuple(sorted((name, *_measure_array(shape)) for name, shape in shapes.items()))


def _measure_array(shape: Shape) -> tuple[int, int]:
    return (shape[0], math.prod(shape[1:])) if shape else (1, 1)


def _fit(stored: Shapes, needed: Shapes) -> bool:
    return stored.keys() == needed.keys() and all(
        _fits(stored[name], shape) for name, shape in needed.items()
    )


def _fits(stored: Shape, needed: Shape) -> bool:
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


def _split_name(name: str) -> list[tuple[int, int, str]]:
    """Return what a name is sorted by, so that conv10 comes behind conv9."""
    pieces = re.findall(r"[0-9]{1,18}|[^0-9]+", name)
    return [(0, int(piece), "") if piece.isdigit() else (1, 0, piece) for piece in pieces]


def _are_numbered(name: str, other: str) -> bool:
    """Say whether names first differ in a number."""
    pairs = zip(name.split("."), other.split("."), strict=False)
    first = next((pair for pair in pairs if pair[0] != pair[1]), ("", "x"))
    bare = [word.rstrip("0123456789") for word in first]
    return bare[0] == bare[1] and first[0] != bare[0] and first[1] != bare[1]


def _word(shapes: Shapes) -> str:
    """Return the shapes of a group in words: weight 64x3x7x7, bias 64."""
    return ", ".join(
        f"{name} {'x'.join(map(str, shape)) or 'a number'}" for name, shape in shapes.items()
    )
