"""From words to trees: the named pieces of a text, and how its operators bind."""

from __future__ import annotations

from collections.abc import Container

from cnncli.errors import ArchitectureError
from cnncli.layers import LAYERS
from cnncli.notation.expression import Expression, Joined, Product, Sequence, Stack, Sum
from cnncli.notation.tokens import Token, split_statements
from cnncli.notation.tree import Amount, Argument, Call, Piece

LOOSEST_FIRST: tuple[type[Joined], ...] = (Stack, Sequence, Sum, Product)
MAX_CHARACTERS = 1_000_000  # what nobody types: a wrong or a hostile file
MAX_DEPTH = 50  # of parentheses and of pieces in pieces: nobody reads more, and Python's stack ends
RESERVED = frozenset({"id", "classes", "yes", "no", "same", "causal"})


def read(text: str) -> tuple[dict[str, Piece], Expression]:
    """Return the named pieces of a text and its network, with `Call` wherever a word stands.

    Raises ArchitectureError.
    """
    if len(text) > MAX_CHARACTERS:
        raise ArchitectureError(f"the architecture is longer than {MAX_CHARACTERS} characters")
    statements = [_Statement(words) for words in split_statements(text)]
    if not statements:
        raise ArchitectureError(
            "the architecture is empty; write one such as conv(8, 3) >> relu >> dense(classes)"
        )
    pieces: dict[str, Piece] = {}
    for statement in statements[:-1]:
        name, piece = statement.read_definition(pieces)
        pieces[name] = piece
    return pieces, statements[-1].read_network()


def read_calls(text: str) -> list[Call]:
    """Return the calls of a list such as hflip, shift(2), a comma or a new line between them.

    Raises ArchitectureError.
    """
    if len(text) > MAX_CHARACTERS:
        raise ArchitectureError(f"the text is longer than {MAX_CHARACTERS} characters")
    statements = split_statements(text, "steps are separated by commas")
    return [call for words in statements for call in _Statement(words).read_list()]


class _Statement:
    """Reads a statement word by word."""

    def __init__(self, words: list[Token]) -> None:
        self.words = words
        self.position = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.words[self.position]

    @property
    def defines(self) -> bool:
        """Whether it names a piece, with or without parameters, rather than being the network."""
        texts = [word.text for word in self.words]
        head = texts.index(")") + 1 if texts[1] == "(" and ")" in texts else 1
        return texts[head] == "="

    def read_definition(self, taken: Container[str]) -> tuple[str, Piece]:
        """Read `name = body` or `name(parameter, …) = body`."""
        if not self.defines:
            raise self.next.location.error(
                "only the last line is the network; name this one (name = …), or join it to the "
                "next with >>"
            )
        name = self._read_new_name(taken)
        parameters: dict[str, None] = {}  # a set that keeps their order
        if self._take("(") and not self._take(")"):
            parameters[self._read_new_name(parameters)] = None
            while not self._take(")"):
                self._need(",")
                parameters[self._read_new_name(parameters)] = None
        self._need("=")
        return name, Piece(tuple(parameters), self._read_all())

    def read_network(self) -> Expression:
        """Read the last statement."""
        if self.defines:
            raise self.next.location.error(
                f"the text ends with the piece {self.next}; its last line has to be the network, "
                f"such as {self.next.text} >> dense(classes)"
            )
        return self._read_all()

    def read_list(self) -> list[Call]:
        """Read calls with commas between them."""
        calls = [self._read_call("a step")]
        while self._take(","):
            calls.append(self._read_call("a step"))
        if self.next.kind != "end":
            raise self.next.location.error(f"expected ',' before {self.next}")
        return calls

    def _read_all(self) -> Expression:
        tree = self._read_joined()
        if self.next.kind != "end":
            raise self.next.location.error(f"expected >> + | or * before {self.next}")
        return tree

    def _read_joined(self, level: int = 0) -> Expression:
        if level == len(LOOSEST_FIRST):
            return self._read_atom()
        kind = LOOSEST_FIRST[level]
        parts = [self._read_joined(level + 1)]
        while self._take(kind.operator):
            parts.append(self._read_joined(level + 1))
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def _read_atom(self) -> Expression:
        token = self.next
        if self._take("("):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise token.location.error(f"parentheses are nested more than {MAX_DEPTH} deep")
            tree = self._read_joined()
            self._need(")")
            self.depth -= 1
            return tree
        return self._read_call("a layer")

    def _read_call(self, expected: str) -> Call:
        token = self._read_word(expected)
        return Call(token, self._read_arguments() if token.kind == "name" else ())

    def _read_arguments(self) -> tuple[Argument, ...]:
        if not self._take("(") or self._take(")"):
            return ()
        arguments = [self._read_argument()]
        while not self._take(")"):
            self._need(",")
            arguments.append(self._read_argument())
        return tuple(arguments)

    def _read_argument(self) -> Argument:
        first = self._read_word("a setting")
        if not self._take("="):
            return Argument(None, self._read_amount(first))
        return Argument(first, self._read_amount(self._read_word(f"a value for {first.text}")))

    def _read_amount(self, first: Token) -> Amount:
        factors = [first]
        while self._take("*"):
            factors.append(self._read_word("a number"))
        return Amount(tuple(factors))

    def _read_word(self, expected: str) -> Token:
        token = self.next
        if token.kind not in ("name", "number"):
            raise token.location.error(f"expected {expected}, found {token}")
        self.position += 1
        return token

    def _read_new_name(self, taken: Container[str]) -> str:
        token = self.next
        if token.kind != "name":
            raise token.location.error(f"expected a name, found {token}")
        if token.text in LAYERS or token.text in RESERVED:
            raise token.location.error(f"{token} has a meaning already; choose another name")
        if token.text in taken:
            raise token.location.error(f"{token} is defined twice; choose another name")
        self.position += 1
        return token.text

    def _take(self, mark: str) -> bool:
        is_next = self.next.text == mark
        self.position += is_next
        return is_next

    def _need(self, mark: str) -> None:
        if not self._take(mark):
            raise self.next.location.error(f"expected {mark!r}, found {self.next}")
