"""Changing single layers of an architecture text, with its named pieces left as far as they can be.

The trees here are those of `cnncli.notation.grammar`: pieces are called in them, not written out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cnncli.layers.base import Layer
from cnncli.notation import expression as notation
from cnncli.notation.expansion import expand
from cnncli.notation.expression import Expression, Identity, Leaf, chain, join
from cnncli.notation.substitution import substitute
from cnncli.notation.tree import Call, Piece
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


class Rewritten(Value):
    """A tree in which layers have been changed."""

    tree: Expression
    changes: tuple[Change, ...]


def rewrite(
    pieces: Mapping[str, Piece], tree: Expression, rule: Rule, *, last: bool = False
) -> Rewritten | None:
    """Apply a rule to the first or last layer it is for; None where it is for none.

    Branches keep the sizes they share: the rule is applied in all of them, or in none.
    """
    return _Walk(pieces, rule, last).rewrite(tree)


class _Walk:
    """Goes through a tree, from the front or from behind, until something has been changed."""

    def __init__(self, pieces: Mapping[str, Piece], rule: Rule, last: bool) -> None:
        self.pieces, self.rule, self.last = pieces, rule, last

    def rewrite(self, tree: Expression) -> Rewritten | None:
        match tree:
            case Call():
                return self._rewrite_call(tree)
            case Leaf(layer):
                after = self.rule(layer)
                return None if after is None else Rewritten(after, (Change(layer, after),))
            case notation.Sequence(parts):
                return self._rewrite_any(parts)
            case notation.Product((Call(is_number=True) as count, *factors)):
                return self._rewrite_repetition(count, join(notation.Product, factors))
            case notation.Joined(parts):
                return self._rewrite_all(type(tree), parts)
        return None

    def _rewrite_call(self, call: Call) -> Rewritten | None:
        name = call.token.text
        if name in self.pieces:
            return self.rewrite(substitute(self.pieces[name], call))
        if name == "id" or call.is_number:
            return None
        return self.rewrite(expand({}, call, classes=1))  # which no stride and no pool depends on

    def _rewrite_repetition(self, count: Call, body: Expression) -> Rewritten | None:
        more = int(count.token.text) - 1
        fewer = Call(count.token._replace(text=str(more)))
        rest = [notation.Product((fewer, body)) if more > 1 else body] if more else []
        return self._rewrite_any([*rest, body] if self.last else [body, *rest])

    def _rewrite_any(self, parts: Sequence[Expression]) -> Rewritten | None:
        """Change the first part that can be, or the last."""
        positions = range(len(parts))
        for position in reversed(positions) if self.last else positions:
            part = self.rewrite(parts[position])
            if part is not None:
                tree = chain([*parts[:position], part.tree, *parts[position + 1 :]])
                return Rewritten(tree, part.changes)
        return None

    def _rewrite_all(
        self, kind: type[notation.Joined], parts: Sequence[Expression]
    ) -> Rewritten | None:
        """Change all branches, or none where some cannot be."""
        branches = [branch for branch in map(self.rewrite, parts) if branch is not None]
        if len(branches) < len(parts):
            return None
        return Rewritten(
            kind(tuple(branch.tree for branch in branches)),
            tuple(change for branch in branches for change in branch.changes),
        )
