"""What a diagram is put together from: bricks, which know where their boxes and lines stand.

Coordinates are (along, across): along the way from input to output, which is to the right in a
picture and down in a text; across it are the branches. The axis, on which a brick is entered and
left, is across = 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cnncli.render.diagram.parts import Box, Repeated
from cnncli.value import Value

Point = tuple[float, float]  # along, across


class Extent(Value):
    """The room a box takes: `start` and `end` are where lines enter and leave it."""

    length: float
    before: float  # from the axis to its first edge across
    after: float  # from the axis to its last edge across
    start: float
    end: float


class Metrics(Value):
    """What distinguishes a picture from a text."""

    gap: float  # from a brick to the next
    turn: float  # from where branches part to the first brick of a branch
    join: float  # from the last brick of a branch to where branches meet
    step: float  # from there to the junction
    lane: float  # between branches
    frame: float  # from a repeated part to the frame around it, along
    margin: float  # the same, across
    limit: float  # of the length of a row, if its parts are not longer
    entry: float  # from where a line turns to the row that it leads into or out of
    between: float  # from row to row
    stairs: bool  # whether what works at a coarser size stands deeper, as in a U-Net

    def extent(self, box: Box) -> Extent:
        """Return the room a box takes."""
        raise NotImplementedError

    def caption(self, repeated: Repeated) -> Extent:
        """Return the room that a frame needs at least, to have its caption written on it."""
        raise NotImplementedError


class Placed(Value):
    """A box in its place: (along, across) of where its extent starts on the axis."""

    box: Box
    extent: Extent
    at: Point


class Line(Value):
    """A line with right angles."""

    points: tuple[Point, ...]
    arrow: bool = False


class Frame(Value):
    """A frame around what is repeated."""

    repeated: Repeated
    first: Point  # its corner where along and across are least
    last: Point


class Brick(Value):
    """A part of a diagram with everything in its place."""

    extent: Extent
    placed: tuple[Placed, ...] = ()
    lines: tuple[Line, ...] = ()
    frames: tuple[Frame, ...] = ()
    arrow: bool = False  # whether a line that enters it ends in an arrow

    def move(self, along: float, across: float) -> Brick:
        """Return the same elsewhere; its extent stays as it is."""

        def shift(point: Point) -> Point:
            return point[0] + along, point[1] + across

        return replace(
            self,
            placed=tuple(replace(placed, at=shift(placed.at)) for placed in self.placed),
            lines=tuple(
                replace(line, points=tuple(map(shift, line.points))) for line in self.lines
            ),
            frames=tuple(
                replace(frame, first=shift(frame.first), last=shift(frame.last))
                for frame in self.frames
            ),
        )


def gather(
    extent: Extent,
    bricks: Iterable[Brick],
    lines: Iterable[Line] = (),
    frames: Iterable[Frame] = (),
    *,
    arrow: bool = False,
) -> Brick:
    """Make a single brick of several, and of what joins them."""
    several = list(bricks)
    return Brick(
        extent,
        tuple(placed for brick in several for placed in brick.placed),
        (*(line for brick in several for line in brick.lines), *lines),
        (*frames, *(frame for brick in several for frame in brick.frames)),
        arrow,
    )
