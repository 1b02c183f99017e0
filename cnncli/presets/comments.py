"""What the comments of an architecture text tell, those of presets and those of anybody."""

from __future__ import annotations

import re

from cnncli.layers.base import Shape
from cnncli.settings import SHAPE

TELLING = re.compile(r"^# (input|classes): ([0-9x]+)$", re.MULTILINE)


def told(text: str) -> tuple[Shape | None, int | None]:
    """Return the input size and the number of classes that a text tells, None for what is not."""
    found = dict(TELLING.findall(text))
    try:
        shape = SHAPE.read(found["input"]) if "input" in found else None
        return shape, int(found["classes"]) if "classes" in found else None
    except ValueError:
        return None, None
