"""What the comments of an architecture text tell of its input, its classes and its training.

Presets have such comments, and so may any other text: `# input: 32x32x3`, `# classes: 10` and
`# train: --optimizer nesterov --lr 0.1`, the options that suit it best.
"""

from __future__ import annotations

import re
import shlex

from cnncli.layers.base import Shape
from cnncli.settings import SHAPE

COMMENT = re.compile(r"^# (input|classes): ([0-9x]+)$", re.MULTILINE)

RECIPE = re.compile(r"^# train: (.+)$", re.MULTILINE)


def read_comments(text: str) -> tuple[Shape | None, int | None]:
    """Return the input size and the number of classes, None for what no comment gives."""
    comments = dict(COMMENT.findall(text))
    try:
        shape = SHAPE.read(comments["input"]) if "input" in comments else None
        return shape, int(comments["classes"]) if "classes" in comments else None
    except ValueError:
        return None, None


def read_recipe(text: str) -> list[str]:
    """Return the words of the options to train with; raise ValueError for an open quote."""
    return [word for line in RECIPE.findall(text) for word in shlex.split(line)]
