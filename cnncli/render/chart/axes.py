"""Axes: a range of numbers, round numbers in it, and where a number lies between its ends."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from cnncli.value import Value

TICKS = 5  # about as many on an axis
ROUND = (1, 2, 5, 10)
MARGIN = 1.15  # factor beyond both ends of a logarithmic axis
FEW, MANY = 0.8, 2.0  # decades: up to FEW ticks are as on any axis; above MANY powers of 10 alone
SMALLEST, LARGEST = 1e-3, 1e6  # numbers beyond them are written with an exponent
ROUNDING = 1e-9


class Axis(Value):
    """A range, with ticks."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]  # a number and how it is written
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where a number lies: 0 at the low end, 1 at the high one."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def choose_axis(
    values: Iterable[float],
    *,
    logarithmic: bool = False,
    from_zero: bool = False,
    whole: bool = False,
    tight: bool = False,
    count: int = TICKS,
) -> Axis:
    """Return an axis that holds all values; a tight one ends with the first and the last.

    A logarithmic one is for values above zero. Without any values it goes from 0 to 1.
    """
    numbers = [*values] or [0.0, 1.0]
    low, high = min(numbers), max(numbers)
    if logarithmic:
        return _choose_logarithmic(low, high, tight=tight)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        room = 0.5 if whole else abs(low) * 0.1 or 1.0
        low, high = low - room, high + room
    step = _round_up((high - low) / count)
    if whole:
        step = max(1.0, step)
    first, last = math.floor(low / step + ROUNDING), math.ceil(high / step - ROUNDING)
    if not tight:
        low, high = first * step, last * step
    slack = (high - low) * ROUNDING
    ticks = [step * k for k in range(first, last + 1) if low - slack <= step * k <= high + slack]
    return Axis(low, high, _write_ticks(ticks, step))


def _round_up(step: float) -> float:
    """Return the next number that is 1, 2 or 5 times a power of 10."""
    power = float(10 ** math.floor(math.log10(step)))
    return next(factor * power for factor in ROUND if factor * power >= step * (1 - ROUNDING))


def _choose_logarithmic(low: float, high: float, *, tight: bool) -> Axis:
    if not tight or low == high:
        low, high = low / MARGIN, high * MARGIN
    decades = math.log10(high / low)
    if decades <= FEW:
        return Axis(low, high, choose_axis([low, high], tight=True).ticks, logarithmic=True)
    factors = (1, 2, 5) if decades <= MANY else (1,)
    every = math.ceil(decades / (TICKS + 1))
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [factor * 10.0**power for power in powers if power % every == 0 for factor in factors]
    written = [(tick, f"{tick:g}".replace("e-0", "e-").replace("e+0", "e")) for tick in ticks]
    return Axis(low, high, tuple(tick for tick in written if low <= tick[0] <= high), True)


def _write_ticks(ticks: Sequence[float], step: float) -> tuple[tuple[float, str], ...]:
    """Write each number with the digits that tell it from the next."""
    digits = math.floor(math.log10(step) + ROUNDING)  # the power of 10 of the last one
    largest = max(map(abs, ticks), default=0)
    if not ticks or SMALLEST <= largest < LARGEST:
        return tuple((tick, f"{tick:.{max(0, -digits)}f}") for tick in ticks)
    power = math.floor(math.log10(largest))
    return tuple(
        (tick, f"{tick / 10.0**power:.{max(0, power - digits)}f}e{power}" if tick else "0")
        for tick in ticks
    )
