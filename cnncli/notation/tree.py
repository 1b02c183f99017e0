"""An architecture text as a tree whose leaves are calls of layers and of named pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import NamedTuple, TypeVar

from cnncli.notation.expression import Expression
from cnncli.notation.tokens import Location, Token
from cnncli.settings import Misfit, match_arguments, read_setting, settings_of
from cnncli.value import Value

V = TypeVar("V", bound=Value)


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

    def bind(self, required: Mapping[str, bool]) -> dict[str, Amount]:
        """Return the value of each setting that is given; those that are required have to be.

        Raises ArchitectureError.
        """
        arguments = [
            (argument.name.text if argument.name else None, argument.value.text)
            for argument in self.arguments
        ]
        try:
            positions = match_arguments(self.token.text, arguments, required)
        except Misfit as error:
            if error.argument is None:
                raise self.token.location.error(str(error)) from None
            argument = self.arguments[error.argument]
            raise (argument.name or argument.value).location.error(str(error)) from None
        return {name: self.arguments[position].value for name, position in positions.items()}

    def make(self, owner: type[V], evaluate: Callable[[Amount], str]) -> V:
        """Return the instance of a class that is called; `evaluate` says what a value stands for.

        Raises ArchitectureError.
        """
        name = self.token.text
        settings = settings_of(owner)
        required = {key: setting.default is MISSING for key, setting in settings.items()}
        values = {}
        for key, amount in self.bind(required).items():
            try:
                values[key] = read_setting(name, settings[key], evaluate(amount))
            except Misfit as error:
                raise amount.location.error(str(error)) from None
        return owner(**values)


class Piece(Value):
    """A named part of a network."""

    parameters: tuple[str, ...]
    body: Expression
