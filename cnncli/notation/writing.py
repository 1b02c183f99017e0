"""A tree as a text in lines, the named pieces that it needs before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnncli.notation.expression import Expression, Joined, wrap
from cnncli.notation.tree import Call, Piece

WIDTH = 100


def write_text(pieces: Mapping[str, Piece], network: Expression) -> str:
    """Return the text of a network, with those pieces before it that it needs."""
    needed = set(_find_pieces(pieces, network))
    lines = [_define(name, piece) for name, piece in pieces.items() if name in needed]
    return "\n".join([*lines, *([""] if lines else []), _break_lines(network, WIDTH)])


def _find_pieces(pieces: Mapping[str, Piece], tree: Expression) -> Iterator[str]:
    """Yield the names of the pieces a tree calls, and of those that these call."""
    if isinstance(tree, Joined):
        for part in tree.parts:
            yield from _find_pieces(pieces, part)
    elif isinstance(tree, Call) and tree.token.text in pieces:
        yield tree.token.text
        yield from _find_pieces(pieces, pieces[tree.token.text].body)


def _define(name: str, piece: Piece) -> str:
    """Return the definition of a piece, on a single line if it fits there."""
    head = f"{name}({', '.join(piece.parameters)})" if piece.parameters else name
    body = _break_lines(piece.body, WIDTH - 2)
    line = f"{head} = {body}"
    if "\n" not in body and len(line) <= WIDTH:
        return line
    return f"{head} =\n  " + body.replace("\n", "\n  ")


def _break_lines(tree: Expression, width: int) -> str:
    """Return the text of a tree, broken before operators where a line is full."""
    if not isinstance(tree, Joined):
        return str(tree)
    lines = [""]
    for part in tree.parts:
        text = wrap(part, tree.tightness)
        if lines[-1] and len(lines[-1]) + len(text) > width - 4:
            lines.append(f"{tree.operator} {text}")
        else:
            lines[-1] += f" {tree.operator} {text}" if lines[-1] else text
    return "\n".join(lines)
