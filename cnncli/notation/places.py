"""Where in an expression a layer is written, and the expression with another one there."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.notation.expression import (
    Expression,
    Identity,
    Joined,
    Leaf,
    Repeat,
    Sequence,
    join,
    repeat,
)

# Which part to follow at each step down; below a Repeat, how many times it was run before.
Place = tuple[int, ...]


def places(expression: Expression, place: Place = ()) -> Iterator[Place]:
    """Yield where each layer is written, in the order in which a graph is laid out."""
    match expression:
        case Leaf():
            yield place
        case Repeat(count, body):
            for time in range(count):
                yield from places(body, (*place, time))
        case Joined(parts):
            for position, part in enumerate(parts):
                yield from places(part, (*place, position))
            if not isinstance(expression, Sequence):
                yield place


def part_at(expression: Expression, place: Place) -> Expression:
    """Return what is written at a place."""
    for step in place:
        if isinstance(expression, Repeat):
            expression = expression.body
        else:
            assert isinstance(expression, Joined)
            expression = expression.parts[step]
    return expression


def with_part(expression: Expression, place: Place, part: Expression) -> Expression:
    """Return the expression with another part at a place.

    A change to the first run of a repeated part is one to all; a change to a later one parts the
    repetition in two.
    """
    if not place:
        return part
    step, below = place[0], place[1:]
    if isinstance(expression, Repeat):
        changed = with_part(expression.body, below, part)
        if not step:
            return repeat(expression.count, changed)
        after = expression.count - step - 1
        around = [_times(step, expression.body), changed, _times(after, expression.body)]
        return _joined(Sequence, around)
    assert isinstance(expression, Joined)
    parts = list(expression.parts)
    parts[step] = with_part(parts[step], below, part)
    return _joined(type(expression), parts)


def _times(count: int, body: Expression) -> Expression:
    return repeat(count, body) if count > 1 else body if count else Identity()


def _joined(kind: type[Joined], parts: list[Expression]) -> Expression:
    """Join parts; in a sequence, nothing goes without saying."""
    if kind is Sequence:
        parts = [part for part in parts if not isinstance(part, Identity)] or [Identity()]
    return join(kind, parts)
