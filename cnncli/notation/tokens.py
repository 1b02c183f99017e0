"""An architecture text cut into words, and the words into statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cnncli.errors import ArchitectureError

TOKEN = re.compile(
    r"""(?P<blank>  [ \t\r\f\v]+ | \#[^\n]* )
      | (?P<newline> \n )
      | (?P<name>   [A-Za-z_]\w* )
      | (?P<number> -?\.?\d[\w.]* (?: (?<=[eE])[+-]\d+ )? )   # 3, 3x5, 0.1, -2, 1e-5
      | (?P<mark>   >> | [+|*=,;()] )
    """,
    re.ASCII | re.VERBOSE,
)
MAX_WORDS = 160_000  # of all layers that a network can have, with all their settings
CONTINUES = frozenset({">>", "+", "|", "*", "=", ","})  # a line that ends or starts so goes on


class Location(NamedTuple):  # which is made for each word of a text, and quicker than a Value
    """A line and a column of a text, counted from 1; no line where it is the only line."""

    line: int | None
    column: int

    def __str__(self) -> str:
        column = f"column {self.column}"
        return column if self.line is None else f"line {self.line}, {column}"

    def error(self, message: str) -> ArchitectureError:
        """Return the error that something is wrong here."""
        return ArchitectureError(f"{self}: {message}")


class Token(NamedTuple):
    """One word: a name, a number or a mark; `end` stands behind the last of a statement."""

    kind: str
    text: str
    location: Location
    starts_line: bool = False

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else repr(self.text)


def split_statements(
    text: str, advice: str = "layers are joined by >> + | or *"
) -> list[list[Token]]:
    """Return the words of each statement, an `end` behind them.

    Raises ArchitectureError for a character that means nothing, which `advice` completes, and for
    parentheses without their partner.
    """
    statements: list[list[Token]] = [[]]
    opened: list[Token] = []
    for number, token in enumerate(_scan(text, advice)):
        if number == MAX_WORDS:
            raise ArchitectureError(f"the text has more than {MAX_WORDS} words and marks")
        if token.text == ";":
            statements.append([])
        elif _starts_statement(token, statements[-1]) and not opened:
            statements.append([token])
        else:
            statements[-1].append(token)
        if token.text == "(":
            opened.append(token)
        elif token.text == ")" and not opened:
            raise token.location.error("this ')' closes nothing; take it away or add its '('")
        elif token.text == ")":
            opened.pop()
        elif token.text == ";" and opened:
            break
    if opened:
        raise opened[-1].location.error("this '(' is never closed; add its ')'")
    return [[*words, _make_end(words[-1])] for words in statements if words]


def _scan(text: str, advice: str) -> Iterator[Token]:
    several = "\n" in text.strip()
    position, line, line_start, starts_line = 0, 1, 0, True
    while position < len(text):
        location = Location(line if several else None, position - line_start + 1)
        match = TOKEN.match(text, position)
        if match is None:
            raise location.error(f"{text[position]!r} means nothing here; {advice}")
        position = match.end()
        if match.lastgroup == "newline":
            line, line_start, starts_line = line + 1, position, True
        elif match.lastgroup != "blank":
            yield Token(str(match.lastgroup), match.group(), location, starts_line)
            starts_line = False


def _starts_statement(token: Token, before: list[Token]) -> bool:
    """Say whether a statement starts with this word, by what stands around the newline."""
    return (
        token.starts_line
        and bool(before)
        and before[-1].text not in CONTINUES
        and token.text not in CONTINUES
    )


def _make_end(last: Token) -> Token:
    return Token("end", "", Location(last.location.line, last.location.column + len(last.text)))
