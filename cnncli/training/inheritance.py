"""What a training takes over: parameters of a trained network that agree, or drawn filters."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from cnncli.data.drawn_filters import DrawnFilters
from cnncli.engine import Weights
from cnncli.errors import UsageError, setting
from cnncli.graph import Graph
from cnncli.graph.freezing import find_frozen
from cnncli.graph.head import find_head
from cnncli.layers.base import Array
from cnncli.model_file import digest_model
from cnncli.tasks import Task
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class Inheritance(Value):
    """Parameters and statistics with which a network begins."""

    sha256: str  # of the file of the trained network, or of drawn filters
    weights: Mapping[str, Array]  # what is taken over, by name, in the shapes of the model file
    misfits: tuple[str, ...]  # parameters that are not, and why: `conv1/weight (64x3x3x3, …)`
    head: tuple[str, ...]  # layers that begin anew because the outputs are others
    new: tuple[str, ...]  # all layers of which a parameter is not taken over


def inherit_weights(trained: Trained, graph: Graph, task: Task) -> Inheritance:
    """Find the parameters of a network that agree with a trained one in name and shape.

    The head is left out where the trained network has other outputs, or has them in another
    order. Raises UsageError where nothing agrees.
    """
    weights = trained.model.weights
    head = frozenset[str]() if trained.task.is_like(task) else find_head(graph)
    taken: dict[str, Array] = {}
    misfits: list[str] = []
    new: dict[str, None] = {}  # a set that keeps their order
    for node in graph.nodes:
        for name, parameter in node.layer.parameters(*node.input_shapes).items():
            full = f"{node.name}/{name}"
            if node.name in head:
                new[node.name] = None
            elif full in weights and weights[full].shape == parameter.shape:
                taken[full] = weights[full]
            else:
                new[node.name] = None
                shape = "x".join(map(str, parameter.shape))
                other = "x".join(map(str, weights[full].shape)) if full in weights else "missing"
                misfits.append(f"{full} ({shape}, there {other})")
    if not taken:
        raise UsageError(
            f"{setting('init_from')}: no parameter agrees in name and shape with the network "
            f"{graph.text[:200]}; leave {setting('arch')} out to take its own architecture"
        )
    return Inheritance(
        sha256=digest_model(trained.model),
        weights=taken,
        misfits=tuple(misfits),
        head=tuple(name for name in new if name in head),
        new=tuple(new),
    )


def inherit_drawn(drawn: DrawnFilters, graph: Graph, init: str | None, seed: int) -> Inheritance:
    """Put drawn filters in the place of the first ones of a network's first convolution.

    `init` and `seed` are those of the training, by which the others are drawn at random. A gray
    filter counts the three colors of an image alike: it is in each of them by a third. Raises
    UsageError where they do not fit.
    """
    node = next((node for node in graph.nodes if node.layer.kind == "conv"), None)
    if node is None:
        raise UsageError(f"{setting('init_from')}: the network has no conv for drawn filters")
    name, filters = f"{node.name}/weight", drawn.weights
    weights = Weights(graph)
    weights.initialize(init, seed)
    array = weights.dump()[name]
    if filters.shape[1] == 1 and array.shape[1] == 3:
        filters = np.repeat(filters / 3, 3, axis=1)
    count = len(filters)
    if filters.shape[1:] != array.shape[1:] or count > len(array):
        channels, rows, columns = filters.shape[1:]
        size = f"{rows}x{columns}" if rows != columns else f"{rows}"
        there = "x".join(map(str, (*array.shape[2:], array.shape[1])))
        raise UsageError(
            f"{setting('init_from')}: {count} filters of {rows}x{columns}x{channels} do not fit "
            f"{node.name}, whose {len(array)} are {there}; give {setting('arch')} a network that "
            f"begins with conv({count}, {size})"
        )
    array[:count] = filters
    others = (other.name for other in graph.nodes if other.params and other is not node)
    digest = hashlib.sha256(filters.tobytes()).hexdigest()
    return Inheritance(digest, {name: array}, misfits=(), head=(), new=tuple(others))


def refuse_frozen_new(graph: Graph, names: str, new: Collection[str]) -> None:
    """Raise UsageError where frozen layers would stay as they are drawn, not as they were learned.

    `names` are as for `find_frozen`; `new` are the layers for which nothing is taken over.
    """
    frozen = find_frozen(graph, names)
    never = [node.name for node in graph.nodes if node.params and node.name in frozen & {*new}]
    if never:
        raise UsageError(
            f"{setting('freeze')} {names}: nothing is taken over for {', '.join(never)}, which "
            "would never learn; leave it out"
        )
