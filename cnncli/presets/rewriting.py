"""Changing single layers of an expression."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnncli.layers.base import Layer
from cnncli.notation import expression as notation
from cnncli.notation.expression import Expression, Identity, join, repeat
from cnncli.value import Value

Rule = Callable[[Layer], Expression | None]  # None for a layer it has nothing to say about


class Change(Value):
    """One layer, and what takes its place."""

    before: Layer
    after: Expression

    def __str__(self) -> str:
        if self.after == Identity():
            return f"{self.before} is left out"
        return f"{self.before} becomes {self.after}"


class Changed(Value):
    """An expression in which layers have been changed."""

    expression: Expression
    changes: tuple[Change, ...]


def change_one(tree: Expression, rule: Rule, *, last: bool = False) -> Changed | None:
    """Apply a rule to the first or last layer it is for; None where it is for none.

    Branches keep the sizes they share: the rule is applied in all of them, or in none.
    """
    match tree:
        case notation.Leaf(layer):
            after = rule(layer)
            return None if after is None else Changed(after, (Change(layer, after),))
        case notation.Repeat(count, body):
            rest = repeat(count - 1, body)
            return _change_one_of((rest, body) if last else (body, rest), rule, last)
        case notation.Sequence(parts):
            return _change_one_of(parts, rule, last)
        case notation.Joined(parts):
            found = [change_one(part, rule, last=last) for part in parts]
            known = [one for one in found if one is not None]
            if len(known) < len(parts):
                return None
            branches = tuple(one.expression for one in known)
            return Changed(type(tree)(branches), sum((one.changes for one in known), ()))
    return None


def _change_one_of(parts: Sequence[Expression], rule: Rule, last: bool) -> Changed | None:
    places = range(len(parts))
    for place in reversed(places) if last else places:
        found = change_one(parts[place], rule, last=last)
        if found is not None:
            whole = [*parts[:place], found.expression, *parts[place + 1 :]]
            left = [part for part in whole if part != Identity()] or [Identity()]
            return Changed(join(notation.Sequence, left), found.changes)
    return None
