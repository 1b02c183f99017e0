"""Named pieces of an architecture text: written out, and written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import prod

from cnncli.notation.expression import Expression, Joined
from cnncli.notation.tree import Amount, Argument, Call, Piece

WIDTH = 100


def called(piece: Piece, call: Call) -> Expression:
    """Return what a call of a piece stands for."""
    values = {
        parameter if one.name is None else one.name.text: one.value
        for parameter, one in zip(piece.parameters, call.arguments, strict=True)
    }
    return _filled(piece.body, values)


def _filled(tree: Expression, values: Mapping[str, Amount]) -> Expression:
    if isinstance(tree, Joined):
        return type(tree)(tuple(_filled(part, values) for part in tree.parts))
    if not isinstance(tree, Call):
        return tree
    if tree.token.text in values:  # a repetition
        factors = values[tree.token.text].factors
        number = str(prod(int(factor.text) for factor in factors))
        return Call(replace(factors[0], text=number))
    return Call(
        tree.token, tuple(Argument(one.name, _amount(one.value, values)) for one in tree.arguments)
    )


def _amount(amount: Amount, values: Mapping[str, Amount]) -> Amount:
    known = [values.get(factor.text) for factor in amount.factors]
    return Amount(
        tuple(
            new
            for factor, value in zip(amount.factors, known, strict=True)
            for new in ((factor,) if value is None else value.factors)
        )
    )


def written(pieces: Mapping[str, Piece], network: Expression) -> str:
    """Return the text of a network, with those pieces before it that it needs."""
    needed = set(_called_in(pieces, network))
    lines = []
    for name, piece in pieces.items():
        if name in needed:
            head = f"{name}({', '.join(piece.parameters)})" if piece.parameters else name
            body = _in_lines(piece.body, WIDTH - 2)
            whole = f"{head} = {body}"
            short = "\n" not in body and len(whole) <= WIDTH
            lines.append(whole if short else f"{head} =\n  " + body.replace("\n", "\n  "))
    return "\n".join(
        [*lines, "", _in_lines(network, WIDTH)] if lines else [_in_lines(network, WIDTH)]
    )


def _called_in(pieces: Mapping[str, Piece], tree: Expression) -> Iterator[str]:
    if isinstance(tree, Joined):
        for part in tree.parts:
            yield from _called_in(pieces, part)
    elif isinstance(tree, Call) and tree.token.text in pieces:
        yield tree.token.text
        yield from _called_in(pieces, pieces[tree.token.text].body)


def _in_lines(tree: Expression, width: int) -> str:
    """Return the text of a tree, with a new line before an operator where the old one is full."""
    if not isinstance(tree, Joined):
        return str(tree)
    lines = [""]
    for part in tree.parts:
        text = f"({part})" if part.tightness < tree.tightness else str(part)
        if lines[-1] and len(lines[-1]) + len(text) > width - 4:
            lines.append(f"{tree.operator} {text}")
        else:
            lines[-1] += f" {tree.operator} {text}" if lines[-1] else text
    return "\n".join(lines)
