"""The functions and types of C that a file may need: the definitions in templates/library/*.c.

Each begins at the left margin, with the comment above it, behind an empty line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "templates" / "library"
BEGINNING = re.compile(r"\n\n(?=\S)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FUNCTION = re.compile(r"^static [\w *]*?(\w+)\(", re.MULTILINE)
ENUMERATION = re.compile(r"^enum .*", re.MULTILINE)
OTHER = re.compile(r"^(?:struct (\w+) \{|static const \w+ (\w+)\[)", re.MULTILINE)
WORD = re.compile(r"[A-Za-z_]\w*")


def collect_definitions(names: Iterable[str]) -> list[str]:
    """Return the definitions of functions, and of all that these use, each behind what it uses."""
    definitions = _read_definitions()
    numbers, left = set(), list(names)
    while left:
        number, text = definitions[left.pop()]
        if number not in numbers:
            numbers.add(number)
            left += definitions.keys() & WORD.findall(COMMENT.sub("", text))
    texts = dict(definitions.values())
    return [texts[number] for number in sorted(numbers)]


@cache
def _read_definitions() -> dict[str, tuple[int, str]]:
    """Return the place and the text of the definition of each name."""
    paths = sorted(FOLDER.glob("*.c"), key=lambda path: (path.name != "filters.c", path.name))
    texts = [text.strip() for path in paths for text in BEGINNING.split(path.read_text("utf-8"))]
    return {
        name: (number, text)
        for number, text in enumerate(texts)
        for name in _list_names(COMMENT.sub("", text).strip())
    }


def _list_names(code: str) -> list[str]:
    """Return the names that a definition gives."""
    if function := FUNCTION.match(code):
        return [function[1]]
    if enumeration := ENUMERATION.match(code):
        return [name for name in WORD.findall(enumeration[0]) if name != "enum"]
    other = OTHER.match(code)
    assert other, code
    return [other[1] or other[2]]
