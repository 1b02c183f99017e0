"""From trees to expressions: pieces written out, numbers and settings in place."""

from __future__ import annotations

from collections.abc import Mapping

from cnncli.errors import ArchitectureError, did_you_mean, setting
from cnncli.layers import LAYERS
from cnncli.notation.expression import Expression, Identity, Joined, Leaf, Product, join, repeat
from cnncli.notation.grammar import MAX_DEPTH
from cnncli.notation.tokens import Token
from cnncli.notation.tree import Amount, Call, Piece
from cnncli.settings import COUNT

OPERATORS = ("a + b", "a | b", "a * b")  # which other tools have layers for
MAX_LAYERS = 5000  # a short text can ask for any number: 999 * (999 * (999 * …
Values = Mapping[str, str]  # what the parameters of a piece stand for


def expand(pieces: Mapping[str, Piece], tree: Expression, classes: int | None) -> Expression:
    """Return the network in which only layers are left; raise ArchitectureError."""
    return _Expansion(pieces, classes).expand(tree, {})


def list_named_layers() -> list[str]:
    """Return the layers that have a name in a text; junctions are written as operators."""
    return [kind for kind, layer in LAYERS.items() if layer.inputs is not None]


class _Expansion:
    """Expands trees with the named pieces at hand, and counts the layers that come of it."""

    def __init__(self, pieces: Mapping[str, Piece], classes: int | None) -> None:
        self.pieces = pieces
        self.classes = classes
        self.layers = 0
        self.depth = 0
        self.within: list[str] = []  # the pieces it is in the middle of

    def expand(self, tree: Expression, values: Values) -> Expression:
        """Expand a tree in which the parameters of a piece have these values."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ArchitectureError(f"the architecture is nested more than {MAX_DEPTH} deep")
        if isinstance(tree, Call):
            expression = self._expand_call(tree, values)
        elif isinstance(tree, Product):
            expression = self._expand_product(tree, values)
        else:
            assert isinstance(tree, Joined)
            expression = join(type(tree), [self.expand(part, values) for part in tree.parts])
        self.depth -= 1
        return expression

    def _expand_call(self, call: Call, values: Values) -> Expression:
        name = call.token.text
        if self._is_number(call, values):
            raise call.token.location.error(
                f"{call.token} is a number where a layer is expected; it can repeat one: 3 * relu"
            )
        if name in self.pieces:
            return self._expand_piece(call, values)
        self._count(1, call.token)
        if name == "id":
            call.bind({})
            return Identity()
        if name not in list_named_layers():
            hint = did_you_mean(name, [*list_named_layers(), *OPERATORS, *self.pieces, "id"])
            raise call.token.location.error(
                f"no layer is called {name!r}" + (hint or "; `cnncli layers` lists them")
            )
        return Leaf(call.make(LAYERS[name], lambda amount: self._evaluate(amount, values)))

    def _expand_piece(self, call: Call, values: Values) -> Expression:
        name = call.token.text
        if name in self.within:
            raise call.token.location.error(f"the piece {name!r} is made of itself and never ends")
        piece = self.pieces[name]
        bound = call.bind(dict.fromkeys(piece.parameters, True))
        self.within.append(name)
        body = self.expand(
            piece.body, {name: self._evaluate(amount, values) for name, amount in bound.items()}
        )
        self.within.pop()
        return body

    def _expand_product(self, tree: Product, values: Values) -> Expression:
        factors: list[Expression] = []
        numbers: list[Token] = []
        count = 1
        for part in tree.parts:
            if isinstance(part, Call) and self._is_number(part, values):
                numbers.append(part.token)
                count *= self._read_count(part.token, values)
                continue
            before = self.layers
            factor = self.expand(part, values)
            if numbers:
                self._count((count - 1) * (self.layers - before), numbers[0])
                factor = repeat(count, factor)
            factors.append(factor)
            count, numbers = 1, []
        if numbers:
            raise numbers[0].location.error(
                f"{numbers[0]} repeats nothing; write the number first: {numbers[0].text} * (…)"
            )
        return join(Product, factors)

    def _is_number(self, call: Call, values: Values) -> bool:
        name = call.token.text
        return call.token.kind == "number" or name == "classes" or name in values

    def _read_count(self, token: Token, values: Values) -> int:
        text = self._resolve(token, values)
        try:
            return int(COUNT.read(text))
        except ValueError:
            raise token.location.error(
                f"{text!r} cannot repeat; expected {COUNT.expects}"
            ) from None

    def _evaluate(self, amount: Amount, values: Values) -> str:
        """Return what the value of a setting stands for: a word, or a product in figures."""
        texts = [self._resolve(token, values) for token in amount.factors]
        if len(texts) == 1:
            return texts[0]
        product = 1
        for token, text in zip(amount.factors, texts, strict=True):
            try:
                product *= COUNT.read(text)
                COUNT.read(str(product))
            except ValueError:
                raise token.location.error(
                    f"{text!r} cannot be multiplied; expected {COUNT.expects}, and few of them"
                ) from None
        return str(product)

    def _resolve(self, token: Token, values: Values) -> str:
        """Return what a word stands for: a parameter, the number of classes, or itself."""
        if token.text != "classes":
            return values.get(token.text, token.text)
        if self.classes is None:
            raise token.location.error(
                f"the number of classes is not known; give {setting('classes')} N"
            )
        return str(self.classes)

    def _count(self, layers: int, token: Token) -> None:
        self.layers += layers
        if self.layers > MAX_LAYERS:
            raise token.location.error(f"this makes more than {MAX_LAYERS} layers")
