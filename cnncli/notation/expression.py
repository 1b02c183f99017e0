"""What an architecture text means: layers in sequence or side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from cnncli.layers.base import Layer
from cnncli.value import Value


class Expression(Value):
    """A network or a part of it; `str` is its canonical text."""

    tightness: ClassVar[int] = 5  # looser parts of a tighter whole are written in parentheses


class Leaf(Expression):
    """One layer."""

    layer: Layer

    def __str__(self) -> str:
        return str(self.layer)


class Identity(Expression):
    """The input itself."""

    def __str__(self) -> str:
        return "id"


class Joined(Expression):
    """Two or more parts with the same operator between them."""

    parts: tuple[Expression, ...]
    operator: ClassVar[str]
    junction: ClassVar[str]  # the kind of layer its parts end in

    def __str__(self) -> str:
        return f" {self.operator} ".join(wrap(part, self.tightness) for part in self.parts)


class Stack(Joined):
    """Parts on the same input, their outputs stacked along the channels."""

    tightness, operator, junction = 1, "|", "stack"


class Sequence(Joined):
    """Parts in sequence, each on the output of the part before it."""

    tightness, operator = 2, ">>"


class Sum(Joined):
    """Parts on the same input, their outputs added."""

    tightness, operator, junction = 3, "+", "add"


class Product(Joined):
    """Parts on the same input, their outputs multiplied."""

    tightness, operator, junction = 4, "*", "multiply"


class Repeat(Expression):
    """A part several times over, each time with other weights."""

    count: int
    body: Expression
    tightness: ClassVar[int] = 4

    def __str__(self) -> str:
        return f"{self.count} * {wrap(self.body, self.tightness + 1)}"


def join(kind: type[Joined], parts: Iterable[Expression]) -> Expression:
    """Join parts; those joined by the same operator already are taken apart, a lone part stays."""
    flat: list[Expression] = []
    for part in parts:
        flat += part.parts if isinstance(part, kind) else (part,)
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def chain(parts: Iterable[Expression]) -> Expression:
    """Join parts in sequence, without those that are the input itself."""
    return join(Sequence, [part for part in parts if part != Identity()] or [Identity()])


def repeat(count: int, body: Expression) -> Expression:
    """Repeat a part; a repeated repetition becomes a single one, and none the input itself."""
    if count < 2:
        return body if count else Identity()
    if isinstance(body, Repeat):
        return Repeat(count * body.count, body.body)
    return Repeat(count, body)


def wrap(part: Expression, tightness: int) -> str:
    """Return the text of a part, in parentheses where it is looser than what stands around it."""
    return f"({part})" if part.tightness < tightness else str(part)
