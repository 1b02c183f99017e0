"""The receptive field: what a position of a feature map sees of the network's input.

Araujo, Norris & Sim 2019, https://distill.pub/2019/computing-receptive-fields: per axis,
field = field before + (window - 1)*jump before, jump = jump before * stride. A layer that enlarges
divides the jump, which need not be whole then. Where branches meet, the largest counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from cnncli.layers.base import Reach
from cnncli.value import Value


class ReceptiveField(Value):
    """Size of a receptive field and distance to the next, (rows, columns), exact."""

    size: tuple[Fraction, Fraction] = (Fraction(1), Fraction(1))
    jump: tuple[Fraction, Fraction] = (Fraction(1), Fraction(1))
    everything: bool = False  # whether it is the whole input, whatever its size

    def extend(self, reach: Reach) -> ReceptiveField:
        """Return the receptive field behind another layer."""
        rows, columns = (
            (size + (window - 1) * jump, jump * stride / finer)
            for size, jump, window, stride, finer in zip(
                self.size, self.jump, reach.window, reach.stride, reach.finer, strict=True
            )
        )
        return ReceptiveField(
            (rows[0], columns[0]), (rows[1], columns[1]), self.everything or reach.everything
        )


def merge(branches: Sequence[ReceptiveField]) -> ReceptiveField:
    """Return the receptive field where branches meet."""
    return ReceptiveField(
        (max(field.size[0] for field in branches), max(field.size[1] for field in branches)),
        (max(field.jump[0] for field in branches), max(field.jump[1] for field in branches)),
        any(field.everything for field in branches),
    )
