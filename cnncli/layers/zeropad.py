"""Zeros around an image, as many on each side as one likes."""

from __future__ import annotations

from cnncli.layers.base import Example
from cnncli.layers.border import Border


class ZeroPad(Border, kind="zeropad"):
    """Zeros around an image: `before` it, above and to the left, and `after` it.

    `pad=` of a convolution pads both sides alike; this is for what pads one more than the other.
    """

    adds = True
    family = "enlarge"

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("zeropad(0, 1)", (3, 4, 5)),
            ("zeropad(1x0, 0x2)", (4, 3, 2)),
            ("zeropad(1, 0)", (7, 2)),
        )
