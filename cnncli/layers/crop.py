"""The inner part of an image."""

from __future__ import annotations

from cnncli.layers.base import Example
from cnncli.layers.border import Border


class Crop(Border, kind="crop"):
    """Takes rows and columns away: `before` above and to the left, `after` below and to the right.

    It undoes `zeropad`.
    """

    adds = False

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("crop(0, 1)", (3, 4, 5)),
            ("crop(1x0, 0x2)", (4, 3, 2)),
            ("crop(2, 1)", (7, 2)),
        )
