"""Which branches are computed right where a stack would copy them: as channels of its pixels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

from cnncli.engine.fusion import Operation
from cnncli.layers.base import Setup
from cnncli.value import Value


class Slice(Value):
    """The place of a value within a wider one, pixel by pixel."""

    of: str
    width: int  # channels of the wider value
    offset: int


def find_slices(
    steps: Sequence[Operation], setup: Setup, kept: Collection[str]
) -> dict[str, Slice]:
    """Return the place of every value that lies in a stack's, which may lie in another's.

    The layer that makes it must be able to write so, and all that read it to read so. What is kept
    for others lies by itself. Of several stacks that read a value, the first has it.

    Training copies: a whole batch does not stay in the caches, and to read pixels that lie apart in
    memory takes as long as the copy, each time. So does a prediction with a backward pass.
    """
    if setup.backward:
        return {}
    movable = {
        step.output for step in steps if step.fusing.writes_slices and step.residual is None
    } - {*kept}
    for step in steps:
        if not step.fusing.reads_slices:
            movable.difference_update(step.inputs)
        movable.discard(step.residual or "")
    slices: dict[str, Slice] = {}
    for step in steps:
        if step.fusing.stacks:
            for value, place in _place_inputs(step):
                if value in movable:
                    slices.setdefault(value, place)
    return slices


def _place_inputs(stack: Operation) -> Iterator[tuple[str, Slice]]:
    """Yield the inputs of a stack and where it wants them."""
    offsets = accumulate((shape[-1] for shape in stack.input_shapes), initial=0)
    for value, offset in zip(stack.inputs, offsets, strict=False):
        yield value, Slice(stack.output, stack.output_shape[-1], offset)
