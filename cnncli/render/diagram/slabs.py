"""Boxes as slabs: as high as they have rows, as deep as columns, as wide as channels."""

from __future__ import annotations

import math

from cnncli.render.diagram.bricks import Extent, Metrics
from cnncli.render.diagram.parts import SIGNS, Box, Diagram, Repeated, list_boxes
from cnncli.render.strokes import LETTERS
from cnncli.value import Value

TALL, WIDE, UNITS = 120.0, 46.0, 8.0  # of the largest image, the most channels, any vector
LEAST_TALL, LEAST_WIDE = 6.0, 4.0
SLANT = 0.25  # of a column, to the right and up
CIRCLE = 18.0
STEEP = 10.0  # times the smallest rows in the largest, from which a root makes both legible
CAPTION = 13.0  # height of the letters on frames
LINE_HEIGHT = 1.25
ROOM = 5.0  # between a slab and what is written beside it


class Slab(Value):
    """A box seen from the front, a little from above and from the right; in pixels."""

    width: float
    height: float
    depth: float  # by which its back is shifted to the right and up


class SlabScale(Value):
    """What sizes are drawn as."""

    rows: int  # most rows, columns or length of an image or a signal
    channels: int  # most channels
    units: int  # of the longest vector
    power: float  # that rows are drawn by: 1 is to scale
    words: str  # what the first two are called here

    def slab(self, box: Box) -> Slab:
        """Return the size of a box."""
        if box.family in SIGNS:
            return Slab(CIRCLE, CIRCLE, 0)
        if len(box.shape) == 1:
            return Slab(UNITS, max(LEAST_TALL, TALL * math.sqrt(box.shape[0] / self.units)), 0)
        width = max(LEAST_WIDE, WIDE * math.sqrt(box.shape[-1] / self.channels))
        tall, *deep = (TALL * (length / self.rows) ** self.power for length in box.shape[:-1])
        return Slab(width, max(LEAST_TALL, tall), SLANT * max(LEAST_TALL, *deep) if deep else 0)

    def __str__(self) -> str:
        if self.power == 1:
            return f"{self.words} to scale, channels and units on a root scale"
        return f"{self.words}, channels and units each on a root scale"


EVEN = SlabScale(1, 1, 1, 1.0, "rows and columns")


def choose_scale(diagram: Diagram) -> SlabScale:
    """Return the scale on which all boxes of a diagram are drawn."""
    shapes = [box.shape for box in list_boxes(diagram.body)]
    rows = [length for shape in shapes for length in shape[:-1] if length > 1]
    channels = [shape[-1] for shape in shapes if len(shape) > 1]
    units = [shape[0] for shape in shapes if len(shape) == 1]
    steep = max(rows, default=1) > STEEP * min(rows, default=1)
    return SlabScale(
        max(rows, default=1),
        max(channels, default=1),
        max(units, default=1),
        0.5 if steep else 1.0,
        "rows and columns" if any(len(shape) == 3 for shape in shapes) else "lengths",
    )


class PictureMetrics(Metrics):
    """The room that boxes take in a picture."""

    scale: SlabScale = EVEN
    gap: float = 18
    turn: float = 26
    join: float = 14
    step: float = 8
    lane: float = 16
    frame: float = 16
    margin: float = 14
    limit: float = 1400
    entry: float = 18
    between: float = 40
    stairs: bool = True

    def extent(self, box: Box) -> Extent:
        """Return the room for a slab, its size above it and its lines below it."""
        slab = self.scale.slab(box)
        length = max(slab.width + slab.depth, *map(estimate_width, (*box.lines, box.size)))
        start = (length - slab.width - slab.depth) / 2
        return Extent(
            length,
            slab.height / 2 + slab.depth + ROOM + LETTERS,
            slab.height / 2 + ROOM + LETTERS * LINE_HEIGHT * len(box.lines),
            start,
            start + slab.width + slab.depth,
        )

    def caption(self, repeated: Repeated) -> Extent:
        """Return the length of a caption in the upper edge of a frame."""
        return Extent(estimate_width(repeated.caption, CAPTION) + 40, 0, 0, 0, 0)


def estimate_width(text: str, size: float = LETTERS) -> float:
    """Return about how wide a text is in any font without serifs."""
    return 0.57 * size * len(text)
