"""The body of a named piece with the arguments of a call in the place of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from cnncli.notation.expression import Expression, Joined
from cnncli.notation.tree import Amount, Argument, Call, Piece


def substitute(piece: Piece, call: Call) -> Expression:
    """Return the tree that a call of a piece stands for."""
    values = {
        parameter if argument.name is None else argument.name.text: argument.value
        for parameter, argument in zip(piece.parameters, call.arguments, strict=True)
    }
    return _fill(piece.body, values)


def _fill(tree: Expression, values: Mapping[str, Amount]) -> Expression:
    if isinstance(tree, Joined):
        return type(tree)(tuple(_fill(part, values) for part in tree.parts))
    if not isinstance(tree, Call):
        return tree
    if tree.token.text in values:  # a repetition
        factors = values[tree.token.text].factors
        number = str(prod(int(factor.text) for factor in factors))
        return Call(factors[0]._replace(text=number))
    arguments = (
        Argument(argument.name, _fill_amount(argument.value, values)) for argument in tree.arguments
    )
    return Call(tree.token, tuple(arguments))


def _fill_amount(amount: Amount, values: Mapping[str, Amount]) -> Amount:
    return Amount(
        tuple(
            token
            for factor in amount.factors
            for token in (values[factor.text].factors if factor.text in values else (factor,))
        )
    )
