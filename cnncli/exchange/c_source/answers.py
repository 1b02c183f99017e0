"""What the logits of a network become, by its task; in C, and here to compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cnncli.engine import softmax
from cnncli.exchange.c_source.source import CSource, count_pixels
from cnncli.layers.base import Array, Shape
from cnncli.tasks import Classification, MultiLabel, Regression
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.tasks import Task


class Answers(Value):
    """How logits become answers, in place."""

    words: str  # what the answers are
    returns: str  # what the functions return, in words
    result: str  # and in C
    finish: str  # a statement, which changes `output`
    compute: Callable[[Array], Array]  # the same of logits (N, *output shape)


def add_answers(source: CSource, task: Task, shape: Shape) -> Answers:
    """Add the functions and constants that make answers of logits of this shape."""
    pixels, outputs = count_pixels(shape), shape[-1]
    returns, result = "Returns 0.", "0"
    if isinstance(task, Classification):
        returns = "Returns the number of the likeliest class, from 0."
        result = f"{source.use('find_largest')}({outputs}, output)"
    if isinstance(task, Regression):
        deviation, mean = (np.array(row, np.float32) for row in (task.deviation, task.mean))
        scale = source.add_array("output_scale", deviation)
        shift = source.add_array("output_shift", mean)
        function = source.use("scale_and_shift")
        finish = f"{function}({pixels}, {outputs}, {scale}, {shift}, output, output);"
        return Answers(
            "numbers in their own units", returns, result, finish, lambda x: x * deviation + mean
        )
    activate = source.use("sigmoid" if isinstance(task, MultiLabel) else "softmax")
    finish = f"{source.use('apply')}({activate}, {pixels}, {outputs}, output);"

    def compute(logits: Array) -> Array:
        rows = logits.reshape(-1, outputs)
        chances = task.compute_chances(rows) if activate == "sigmoid" else softmax(rows)
        return np.asarray(chances, np.float32).reshape(logits.shape)

    return Answers("probabilities", returns, result, finish, compute)
