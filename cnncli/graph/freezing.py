"""Which layers of a network learn nothing in a training, and what they make once and for all."""

from __future__ import annotations

from fnmatch import fnmatchcase

from cnncli.errors import UsageError, did_you_mean, setting
from cnncli.graph.head import find_head
from cnncli.graph.nodes import INPUT, Graph

FEATURES = "features"  # stands for all layers before the head


def find_frozen(graph: Graph, names: str) -> frozenset[str]:
    """Return the layers that are frozen by names separated by commas, such as `conv1, bn*`.

    A `*` stands for any letters, `features` for all layers with weights before the head. What has
    no weights is frozen too where all that it reads is: only dropout runs otherwise for it, and so
    goes on unless there are frozen weights behind it. Raises UsageError for a name that is of no
    layer, and where nothing is left to learn.
    """
    frozen = {name for pattern in names.split(",") for name in _match(graph, pattern.strip())}
    before_weights = _find_before_frozen_weights(graph, frozen)
    indices = {INPUT}
    for index, node in enumerate(graph.nodes):
        follows = not node.params and indices.issuperset(node.inputs)
        if follows and (not node.layer.draws or index in before_weights):
            frozen.add(node.name)
        if node.name in frozen:
            indices.add(index)
    if not any(node.params and node.name not in frozen for node in graph.nodes):
        raise UsageError(f"{setting('freeze')} {names}: no layer is left to learn; name fewer")
    return frozenset(frozen)


def find_constant(graph: Graph, frozen: frozenset[str]) -> str | None:
    """Return the layer whose answers to a sample stay the same and are all that others see of it.

    None where there is none: the first layer learns, or what learns reads several values.
    """
    constant = {INPUT}
    read: set[int] = set()  # constant values that are read by others
    for index, node in enumerate(graph.nodes):
        if node.name in frozen and constant.issuperset(node.inputs):
            constant.add(index)
        else:
            read |= constant.intersection(node.inputs)
    if len(read) != 1 or INPUT in read:
        return None
    return graph.nodes[read.pop()].name


def _match(graph: Graph, pattern: str) -> list[str]:
    """Return the layers that a name or pattern stands for; raise UsageError where it is none."""
    names = [node.name for node in graph.nodes]
    if pattern == FEATURES:
        head = find_head(graph)
        matched = [node.name for node in graph.nodes if node.params and node.name not in head]
    else:
        matched = [name for name in names if fnmatchcase(name, pattern)]
    if not matched:
        weighted = [node.name for node in graph.nodes if node.params]
        hint = did_you_mean(pattern, [*names, FEATURES]) or ";"
        raise UsageError(
            f"{setting('freeze')} {pattern}: no layer is called so{hint} layers with weights are "
            f"{', '.join(weighted) or 'none'}"
        )
    return matched


def _find_before_frozen_weights(graph: Graph, frozen: set[str]) -> set[int]:
    """Return the nodes from which a path leads to frozen weights, with no others on the way."""
    before: set[int] = set()
    for index in reversed(range(len(graph.nodes))):
        node = graph.nodes[index]
        if node.name in frozen if node.params else index in before:
            before.update(node.inputs)
    return before
