"""Changing single layers of an architecture text, with its named pieces left as far as they can be.

The trees here are those of `cnncli.notation.grammar`: pieces are called in them, not written out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from cnncli.layers.base import Layer
from cnncli.notation import expression as notation
from cnncli.notation.expansion import expand
from cnncli.notation.expression import Expression, Identity, Leaf, join
from cnncli.notation.tree import Call, Piece
from cnncli.presets.pieces import called
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
    """A tree in which layers have been changed."""

    tree: Expression
    changes: tuple[Change, ...]


def change_one(
    pieces: Mapping[str, Piece], tree: Expression, rule: Rule, *, last: bool = False
) -> Changed | None:
    """Apply a rule to the first or last layer it is for; None where it is for none.

    Branches keep the sizes they share: the rule is applied in all of them, or in none.
    """
    return _Walk(pieces, rule, last).change(tree)


class _Walk:
    """Goes through a tree, from the front or from behind, until something has been changed."""

    def __init__(self, pieces: Mapping[str, Piece], rule: Rule, last: bool) -> None:
        self.pieces, self.rule, self.last = pieces, rule, last

    def change(self, tree: Expression) -> Changed | None:
        match tree:
            case Call():
                return self._call(tree)
            case Leaf(layer):
                after = self.rule(layer)
                return None if after is None else Changed(after, (Change(layer, after),))
            case notation.Sequence(parts):
                return self._one_of(parts)
            case notation.Product((Call(is_number=True) as count, *factors)):
                return self._repetition(count, join(notation.Product, factors))
            case notation.Joined(parts):
                return self._all_of(type(tree), parts)
        return None

    def _call(self, call: Call) -> Changed | None:
        name = call.token.text
        if name in self.pieces:
            return self.change(called(self.pieces[name], call))
        if name == "id" or call.is_number:
            return None
        return self.change(expand({}, call, classes=1))  # which no stride and no pool depends on

    def _repetition(self, count: Call, body: Expression) -> Changed | None:
        more = int(count.token.text) - 1
        fewer = Call(replace(count.token, text=str(more)))
        rest = [notation.Product((fewer, body)) if more > 1 else body] if more else []
        return self._one_of([*rest, body] if self.last else [body, *rest])

    def _one_of(self, parts: Sequence[Expression]) -> Changed | None:
        places = range(len(parts))
        for place in reversed(places) if self.last else places:
            found = self.change(parts[place])
            if found is not None:
                whole = [*parts[:place], found.tree, *parts[place + 1 :]]
                left = [part for part in whole if part != Identity()] or [Identity()]
                return Changed(join(notation.Sequence, left), found.changes)
        return None

    def _all_of(self, kind: type[notation.Joined], parts: Sequence[Expression]) -> Changed | None:
        found = [one for one in map(self.change, parts) if one is not None]
        if len(found) < len(parts):
            return None
        branches = tuple(one.tree for one in found)
        return Changed(kind(branches), tuple(change for one in found for change in one.changes))
