"""What a diagram is made of: boxes in series, in branches, and repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from cnncli.value import Value

SIGNS = {"add": "+", "multiply": "*"}  # the families of boxes that are drawn as a sign in a circle


class Box(Value):
    """One thing that is made, and what made it."""

    name: str  # no other box of the diagram has it
    family: str  # chooses its color, or a sign in its place: input, conv, pool, add, ...
    lines: tuple[str, ...]  # what it does, short
    shape: tuple[int, ...]  # rows, columns, channels; length, channels; or units
    full: str = ""  # what it does, in full
    bands: tuple[int, ...] = ()  # the channels that come from each branch

    @property
    def size(self) -> str:
        """The shape in writing."""
        return "x".join(map(str, self.shape))


class Series(Value):
    """Parts in a row, each joined to the next; without any it is a line straight through."""

    parts: tuple[Part, ...]


class Fork(Value):
    """Branches that part in a place and meet in a box."""

    branches: tuple[Series, ...]
    junction: Box


class Repeated(Value):
    """A series that stands for several like it; drawn once."""

    count: int
    body: Series
    end: str = ""  # the size behind the last, where it is not that behind the first

    @property
    def caption(self) -> str:
        """What is written on its frame."""
        return f"x{self.count}" + (f", then {self.end}" if self.end else "")


class Diagram(Value):
    """A whole picture."""

    title: str
    note: str
    body: Series


Part = Box | Fork | Repeated


def list_boxes(series: Series) -> Iterator[Box]:
    """Yield all boxes of a series, each behind those it follows."""
    for part in series.parts:
        if isinstance(part, Box):
            yield part
        elif isinstance(part, Repeated):
            yield from list_boxes(part.body)
        else:
            for branch in part.branches:
                yield from list_boxes(branch)
            yield part.junction


def nest_boxes(
    series: Series,
    write: Callable[[Box], str],
    group: Callable[[int, str], tuple[str, ...]],
    close: str,
    numbers: Iterator[int] | None = None,
) -> Iterator[str]:
    """Yield a line for each box; what is repeated stands indented between what `group` makes of its
    number and caption, and `close`. `numbers` are those of a whole diagram.
    """
    numbers = count(1) if numbers is None else numbers
    for part in series.parts:
        if isinstance(part, Box):
            yield write(part)
        elif isinstance(part, Fork):
            for branch in (*part.branches, Series((part.junction,))):
                yield from nest_boxes(branch, write, group, close, numbers)
        else:
            yield from group(next(numbers), part.caption)
            yield from (f"  {line}" for line in nest_boxes(part.body, write, group, close, numbers))
            yield close


def list_edges(series: Series, source: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield the names of boxes that a line joins; `source` comes before the series."""
    for part in series.parts:
        if isinstance(part, Repeated):
            yield from list_edges(part.body, source)
        elif isinstance(part, Fork):
            for branch in part.branches:
                yield from list_edges(branch, source)
                last = find_last_name(branch, source)
                if last is not None:
                    yield last, part.junction.name
        elif source is not None:
            yield source, part.name
        source = find_last_name(Series((part,)), source)


def find_last_name(series: Series, source: str | None) -> str | None:
    """Return the name of the box a series ends in, `source` where it has none."""
    if not series.parts:
        return source
    last = series.parts[-1]
    if isinstance(last, Repeated):
        return find_last_name(last.body, source)
    return last.junction.name if isinstance(last, Fork) else last.name
