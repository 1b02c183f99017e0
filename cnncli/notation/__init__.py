"""Architecture texts: `conv(6, 5) >> relu >> maxpool(2) >> dense(classes)`.

The grammar, loosest binding first (`#` starts a comment):

    text       = { definition separator } stack          separator = newline | ";"
    definition = name [ "(" [ name { "," name } ] ")" ] "=" stack
    stack      = sequence { "|" sequence }
    sequence   = sum { ">>" sum }
    sum        = product { "+" product }
    product    = atom { "*" atom }
    atom       = "(" stack ")" | name [ "(" [ setting { "," setting } ] ")" ] | number
    setting    = [ name "=" ] value          value = ( name | number ) { "*" ( name | number ) }

A newline ends nothing inside parentheses or beside an operator. A number repeats what it is
multiplied with. `str` of an expression is its canonical text, on a single line, with named pieces
written out; parsing that gives the expression again.
"""

from __future__ import annotations

from cnncli.notation.expansion import expand
from cnncli.notation.expression import Expression
from cnncli.notation.grammar import read


def parse(text: str, classes: int | None = None) -> Expression:
    """Return the network a text describes; `classes` is the number that word stands for.

    Raises ArchitectureError, which names the column (and the line, where there are several).
    """
    return expand(*read(text), classes)
