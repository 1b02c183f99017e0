"""The names of classes where a network comes without them: typed, from a file, or numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cnncli.errors import DataError
from cnncli.samples import check_label
from cnncli.text import TextError, read_text, split_lines


def read_class_names(argument: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names in a file, one a line, or between commas; and what there is to say of them.

    Of names that a list has twice, as those of ImageNet have "crane" and "maillot", the second
    gets a number behind it. Raises DataError for a file that is no such list.
    """
    if Path(argument).is_file():
        try:
            lines = split_lines(read_text(argument))
        except (OSError, TextError) as error:
            raise DataError(f"{argument}: {error}", path=argument) from error
    else:
        lines = argument.split(",")
    names = [check_label(line.strip(), argument[:60]) for line in lines]
    distinct = _number_doubles(names)
    renamed = [new for new, old in zip(distinct, names, strict=True) if new != old]
    notes = (f"names that stand twice got numbers: {', '.join(renamed)}",) if renamed else ()
    return tuple(distinct), notes


def number_classes(count: int) -> tuple[str, ...]:
    """Return the names of classes that have none: 0, 1, 2 and so on."""
    return tuple(map(str, range(count)))


def _number_doubles(names: list[str]) -> list[str]:
    """Return names of which each is there once: of the second "crane", "crane 2" is made."""
    seen: Counter[str] = Counter()
    distinct: list[str] = []
    for name in names:
        seen[name] += 1
        number, candidate = seen[name], name
        while candidate in distinct or (number > 1 and candidate == name):
            candidate = f"{name} {number}"
            number += 1
        distinct.append(candidate)
    return distinct
