"""Where in an expression a layer is written, and the expression with another layer there."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.notation.expression import (
    Expression,
    Joined,
    Leaf,
    Repeat,
    Sequence,
    chain,
    join,
    repeat,
)

# Which part to follow at each step down; below a Repeat, how many times it was run before.
Place = tuple[int, ...]


def find_places(expression: Expression, place: Place = ()) -> Iterator[Place]:
    """Yield where each layer is written, in the order of the nodes of a graph."""
    match expression:
        case Leaf():
            yield place
        case Repeat(count, body):
            for time in range(count):
                yield from find_places(body, (*place, time))
        case Joined(parts):
            for position, part in enumerate(parts):
                yield from find_places(part, (*place, position))
            if not isinstance(expression, Sequence):
                yield place


def get_part(expression: Expression, place: Place) -> Expression:
    """Return what is written at a place."""
    for step in place:
        if isinstance(expression, Repeat):
            expression = expression.body
        else:
            assert isinstance(expression, Joined)
            expression = expression.parts[step]
    return expression


def replace_part(expression: Expression, place: Place, part: Expression) -> Expression:
    """Return the expression with another part at a place.

    A change to the first run of a repeated part changes all; a change to a later run parts the
    repetition in two.
    """
    if not place:
        return part
    step, below = place[0], place[1:]
    if isinstance(expression, Repeat):
        changed = replace_part(expression.body, below, part)
        if not step:
            return repeat(expression.count, changed)
        after = expression.count - step - 1
        return chain([repeat(step, expression.body), changed, repeat(after, expression.body)])
    assert isinstance(expression, Joined)
    parts = list(expression.parts)
    parts[step] = replace_part(parts[step], below, part)
    return chain(parts) if isinstance(expression, Sequence) else join(type(expression), parts)
