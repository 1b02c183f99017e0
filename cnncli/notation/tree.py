"""An architecture text as a tree whose leaves are calls of layers and of named pieces."""

from __future__ import annotations

from typing import NamedTuple

from cnncli.notation.expression import Expression
from cnncli.notation.tokens import Location, Token
from cnncli.value import Value


class Amount(NamedTuple):
    """The value of a setting as it was written: a word, or whole numbers multiplied."""

    factors: tuple[Token, ...]

    @property
    def location(self) -> Location:
        return self.factors[0].location

    @property
    def text(self) -> str:
        return "*".join(factor.text for factor in self.factors)

    def __str__(self) -> str:
        return repr(self.text)


class Argument(NamedTuple):
    """One setting as it was written."""

    name: Token | None  # None where it is given by position
    value: Amount

    def __str__(self) -> str:
        return self.value.text if self.name is None else f"{self.name.text}={self.value.text}"


class Call(Expression):
    """A layer, a piece or a number as it was written: what it stands for is not known yet."""

    token: Token
    arguments: tuple[Argument, ...] = ()

    def __str__(self) -> str:
        arguments = ", ".join(map(str, self.arguments))
        return f"{self.token.text}({arguments})" if arguments else self.token.text

    @property
    def is_number(self) -> bool:
        """Whether it repeats what it is multiplied with; a parameter is not known to."""
        return self.token.kind == "number"


class Piece(Value):
    """A named part of a network."""

    parameters: tuple[str, ...]
    body: Expression
