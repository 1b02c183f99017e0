"""Which array of a file is which parameter of a network.

Arrays come in groups, one for each module: `layer1.0.bn2.weight`, `.bias`, `.running_mean`. Where
modules are called what our layers are, the names decide. Otherwise the groups of each kind
(filters, bn, others) are taken in order: that of a known network by its names, or that of the file
where it keeps one. Where neither is known, arrays of equal shapes have to be numbered. A pairing is
accepted if it leaves nothing over on either side, and if no other would do as well.

groups.py says what fits, pairing.py finds the pairs, module_order.py knows the networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnncli.errors import ArchitectureError
from cnncli.exchange.matching.groups import Group, group_arrays, join_name
from cnncli.exchange.matching.module_order import AUXILIARY
from cnncli.exchange.matching.pairing import choose_pairs
from cnncli.layers.norm import BatchNorm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cnncli.graph import Graph
    from cnncli.layers.base import Array

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
    kept, notes = _leave_aside(arrays)
    modules = group_arrays({name: array.shape for name, array in kept.items()})
    pairs = choose_pairs(layers, modules, ordered=ordered)
    weights: dict[str, Array] = {}
    for layer, shapes in layers.items():
        module = pairs[layer]
        for name, shape in shapes.items():
            array = kept[join_name(module, name)]
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


def _list_layers(graph: Graph) -> dict[str, Group]:
    """Return the shapes of the parameters of each layer that has some."""
    layers = {
        node.name: {
            name: parameter.shape
            for name, parameter in node.layer.parameters(*node.input_shapes).items()
        }
        for node in graph.nodes
    }
    return {name: shapes for name, shapes in layers.items() if shapes}


def _leave_aside(arrays: Mapping[str, Array]) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Return the arrays that a prediction needs, without wrappers around their names, and notes."""
    names = {name: name.replace("/", ".") for name in arrays if not name.endswith(COUNTER)}
    kept = {new: arrays[name] for name, new in names.items()}
    if len(kept) < len(names):
        raise ArchitectureError("two arrays in the file differ by / and . alone; rename them")
    for wrapper in WRAPPERS:
        if kept and all(name.startswith(wrapper) for name in kept):
            kept = {name.removeprefix(wrapper): array for name, array in kept.items()}
    heads = [name for name in kept if AUXILIARY.match(name)]
    for name in heads:
        del kept[name]
    said = f"left aside: {len(heads)} arrays of heads that take part in trainings alone"
    return kept, (said,) if heads else ()
