"""From a list of steps to the text of an architecture: branches, junctions, repeated blocks."""

from __future__ import annotations

from cnncli.errors import ArchitectureError
from cnncli.exchange.onnx_in.network import Network, Step
from cnncli.graph.nodes import INPUT
from cnncli.layers import LAYERS
from cnncli.notation.expansion import MAX_LAYERS
from cnncli.notation.expression import (
    Expression,
    Leaf,
    Product,
    Stack,
    Sum,
    chain,
    join,
    repeat,
)

JUNCTIONS = {kind.junction: kind for kind in (Stack, Sum, Product)}
LONGEST_BLOCK = 40  # parts of a sequence that are repeated together


def build_expression(network: Network, output: int) -> tuple[Expression, list[Step]]:
    """Return what leads from the input to a step, and the steps with weights in its order.

    A step that several branches read, which meet in different places, stands in each of them.
    Raises ArchitectureError where that would make the network too large.
    """
    writer = _Writer(network.steps)
    expression = writer.write(output, INPUT)
    return expression, [network.steps[place] for place in writer.weighted]


class _Writer:
    """Writes steps as expressions: once, unless branches that part together meet apart."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.fork = {INPUT: INPUT}  # the last step that all ways to a step go through
        self.depth = {INPUT: 0}
        self.weighted: list[int] = []
        self.count = 0
        for place, step in enumerate(steps):
            fork = step.inputs[0]
            for other in step.inputs[1:]:
                fork = self._meet(fork, other)
            self.fork[place], self.depth[place] = fork, self.depth[fork] + 1

    def _meet(self, first: int, second: int) -> int:
        while first != second:
            if self.depth[first] < self.depth[second]:
                first, second = second, first
            first = self.fork[first]
        return first

    def write(self, place: int, source: int) -> Expression:
        """Return what leads from a step to another."""
        places = []
        while place != source:
            places.append(place)
            place = self.fork[place]
        parts: list[Expression] = []
        for place in reversed(places):
            step = self.steps[place]
            kind = JUNCTIONS.get(step.layer.kind)
            self._count(place)
            if kind is None:
                parts.append(Leaf(step.layer))
            else:
                fork = self.fork[place]
                parts.append(join(kind, [self.write(branch, fork) for branch in step.inputs]))
        return chain(fold_repetitions(parts))

    def _count(self, place: int) -> None:
        self.count += 1
        if self.count > MAX_LAYERS:
            raise ArchitectureError(
                f"the network has more than {MAX_LAYERS} layers, or its branches meet in too many "
                "places to be written as a text"
            )
        if self.steps[place].weights:
            self.weighted.append(place)


def fold_repetitions(parts: list[Expression]) -> list[Expression]:
    """Return a sequence with blocks that stand several times in a row written once."""
    texts = [str(part) for part in parts]
    folded: list[Expression] = []
    place = 0
    while place < len(parts):
        length, count = _find_repetition(texts, place)
        block = chain(
            fold_repetitions(parts[place : place + length]) if count > 1 else [parts[place]]
        )
        folded.append(repeat(count, block))
        place += length * count
    return folded


def _find_repetition(texts: list[str], start: int) -> tuple[int, int]:
    """Return length and count of the block at a place whose repetition saves most."""
    best, saved = (1, 1), 0
    for length in range(1, min(LONGEST_BLOCK, (len(texts) - start) // 2) + 1):
        block = texts[start : start + length]
        count = 1
        while texts[start + count * length : start + (count + 1) * length] == block:
            count += 1
        if (count - 1) * length > saved:
            best, saved = (length, count), (count - 1) * length
    return best


assert set(JUNCTIONS) <= set(LAYERS)
