"""What a training minimizes: one file per loss."""

from __future__ import annotations

import re

from cnncli.errors import UsageError
from cnncli.losses.absolute_error import AbsoluteError as AbsoluteError
from cnncli.losses.base import Loss as Loss
from cnncli.losses.binary_cross_entropy import BinaryCrossEntropy as BinaryCrossEntropy
from cnncli.losses.cross_entropy import CrossEntropy as CrossEntropy
from cnncli.losses.dice import CrossEntropyAndDice as CrossEntropyAndDice
from cnncli.losses.dice import Dice as Dice
from cnncli.losses.huber import Huber as Huber
from cnncli.losses.squared_error import SquaredError as SquaredError

LOSSES: dict[str, type[Loss]] = {
    one.name: one
    for one in (
        *(CrossEntropy, Dice, CrossEntropyAndDice, BinaryCrossEntropy),
        *(SquaredError, AbsoluteError, Huber),
    )
}


def loss_named(text: str) -> Loss:
    """Return a loss: its name, or huber(0.5) with another delta; raise UsageError."""
    if text in LOSSES:
        return LOSSES[text]()
    found = re.fullmatch(r"huber\(([0-9]*\.?[0-9]+)\)", text)
    if found and 0 < float(found[1]) < 1e6:
        return Huber(float(found[1]))
    raise UsageError(f"--loss {text}: give {', '.join(LOSSES)}, or huber(0.5) with another delta")
