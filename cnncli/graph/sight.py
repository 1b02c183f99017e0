"""What one position of a feature map sees of the network's input.

Araujo, Norris & Sim 2019, https://distill.pub/2019/computing-receptive-fields: per axis,
field = field before + (window - 1)*jump before, jump = jump before * stride. A layer that enlarges
divides the jump, which need not be whole then. Where branches meet, the largest counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from cnncli.layers.base import Reach
from cnncli.value import Value


class Sight(Value):
    """What one position sees of the network's input, as exact numbers."""

    field: tuple[Fraction, Fraction] = (Fraction(1), Fraction(1))
    jump: tuple[Fraction, Fraction] = (Fraction(1), Fraction(1))
    everything: bool = False

    def through(self, reach: Reach) -> Sight:
        """Return what a position sees that sees this much through one more layer."""
        rows, columns = (
            (field + (window - 1) * jump, jump * stride / finer)
            for field, jump, window, stride, finer in zip(
                self.field, self.jump, reach.window, reach.stride, reach.finer, strict=True
            )
        )
        return Sight(
            (rows[0], columns[0]), (rows[1], columns[1]), self.everything or reach.everything
        )


def meet(sights: Sequence[Sight]) -> Sight:
    """Return what a position sees where branches meet."""
    return Sight(
        (max(one.field[0] for one in sights), max(one.field[1] for one in sights)),
        (max(one.jump[0] for one in sights), max(one.jump[1] for one in sights)),
        any(one.everything for one in sights),
    )
