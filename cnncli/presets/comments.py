"""Input size and number of classes from the comments of an architecture text.

Presets have such comments, and so may any other text: `# input: 32x32x3`, `# classes: 10`.
"""

from __future__ import annotations

import re

from cnncli.layers.base import Shape
from cnncli.settings import SHAPE

COMMENT = re.compile(r"^# (input|classes): ([0-9x]+)$", re.MULTILINE)


def read_comments(text: str) -> tuple[Shape | None, int | None]:
    """Return the input size and the number of classes, None for what no comment gives."""
    comments = dict(COMMENT.findall(text))
    try:
        shape = SHAPE.read(comments["input"]) if "input" in comments else None
        return shape, int(comments["classes"]) if "classes" in comments else None
    except ValueError:
        return None, None
