"""Which column of a list holds what, by the names that people give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cnncli.data.delimited import NUMERAL, WITH_COMMA, count_up, is_unnamed
from cnncli.data.formats.naming import PARTS, read_part
from cnncli.errors import DataError, setting

PATHS = (
    "path", "file", "filename", "filepath", "fname", "image", "img", "imagepath", "imgpath",
    "imagefile", "imagename", "audio", "sound", "wav",
)  # fmt: skip
LABELS = ("label", "labels", "class", "classname", "category", "target", "y")
EITHER = ("target", "y")  # as often a number as a class
SPLITS = ("split", "subset", "partition")
MAYBE_SPLITS = ("set", "part", "phase", "usage", "fold")  # where all their words are parts
FLAGS = {"isvalid": "val", "isval": "val", "isvalidation": "val", "istest": "test"}
TRUE, FALSE = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no", "")
INDICES = ("index", "id", "idx")  # of numbers, where they count the rows

Cells = Sequence[object]  # of a column


class Columns(NamedTuple):
    """The positions of the columns that are used, and the names of the others."""

    path: int
    label: int | None
    numbers: tuple[int, ...]
    part: int | None
    unread: tuple[str, ...]


def find_path(names: Sequence[str]) -> int | None:
    """Return the position of the column of paths; None where none has such a name."""
    return _find(names, PATHS)


def find_label(names: Sequence[str]) -> int | None:
    """Return the position of the column of labels, by its name alone."""
    return _find(names, LABELS)


def find_split(names: Sequence[str]) -> int | None:
    """Return the position of a column that may say which part of the set a sample is in."""
    return _find(names, (*SPLITS, *MAYBE_SPLITS))


def word_parts(path: str, name: str, parts: Sequence[str]) -> str:
    """Return what there is to say of a list that a column divides."""
    counts = ", ".join(f"{parts.count(part)} {part}" for part in PARTS if part in parts)
    return f"{path}: divided by the column {name}: {counts}"


def is_number_or_class(name: str) -> bool:
    """Say whether a column of this name, y or target, holds numbers as often as classes."""
    return _fold(name) in EITHER


def is_index(name: str, cells: Iterable[object]) -> bool:
    """Say whether a column, without a name or called index or id, counts the rows."""
    return (is_unnamed(name) or _fold(name) in INDICES) and count_up(cells)


def word_fractions(path: str, labels: Cells) -> list[str]:
    """Return what there is to say of labels that are numbers with a fraction."""
    fraction = next((label for label in labels if _has_fraction(str(label))), None)
    if fraction is None:
        return []
    return [
        f"{path}: labels such as {fraction} are taken as names of classes; {setting('task')} "
        "regress learns them as numbers"
    ]


def choose_columns(names: Sequence[str], cells: Sequence[Cells], path: int) -> Columns:
    """Return what each column is for, by names and cells, of which there are those of each column.

    Without a label, all columns hold numbers but for the part of the set and row numbers.
    """
    part = _find_part(names, cells)
    rest = [i for i in range(len(names)) if i not in (path, part)]
    counting = [i for i in rest if is_index(names[i], cells[i])]
    label = _find([names[i] if i in rest else "" for i in range(len(names))], LABELS)
    if label is not None and is_number_or_class(names[label]):
        alone = [i for i in rest if i not in counting] == [label]
        words = any(not _is_number(cell) for cell in cells[label])
        whole = all(re.fullmatch(r"[+-]?\d+", str(cell).strip()) for cell in cells[label])
        label = label if words or (alone and whole) else None
    numbers = tuple(i for i in rest if i not in counting) if label is None else ()
    used = {path, part, label, *numbers}
    unread = tuple(names[i] or "without a name" for i in range(len(names)) if i not in used)
    return Columns(path, label, numbers, part, unread)


def read_parts(where: Sequence[str], name: str, cells: Cells) -> list[str]:
    """Return train, val or test for each cell; raise DataError, at `where`, for anything else."""
    parts = []
    for place, cell in zip(where, cells, strict=True):
        part = _read_part(name, cell)
        if part is None:
            raise DataError(
                f"{place}, {name}: {ascii(cell)[:60]} is none of train, val and test; correct it "
                "or leave the column out",
                path=place,
            )
        parts.append(part)
    return parts


def _find(names: Sequence[str], known: Sequence[str]) -> int | None:
    folded = [_fold(name) for name in names]
    return next((folded.index(word) for word in known if word in folded), None)


def _find_part(names: Sequence[str], cells: Sequence[Cells]) -> int | None:
    certain = _find(names, SPLITS)
    if certain is not None:
        return certain
    for word in (*MAYBE_SPLITS, *FLAGS):
        at = _find(names, [word])
        if at is not None and all(_read_part(names[at], cell) for cell in set(map(str, cells[at]))):
            return at
    return None


def _read_part(name: str, cell: object) -> str | None:
    word, flagged = str(cell).strip().casefold(), FLAGS.get(_fold(name))
    if flagged is None:
        return read_part(word)
    return flagged if word in TRUE else "train" if word in FALSE else None


def _is_number(cell: object) -> bool:
    try:
        float(str(cell))
    except ValueError:
        return WITH_COMMA.fullmatch(str(cell)) is not None
    return True


def _has_fraction(label: str) -> bool:
    return NUMERAL.fullmatch(label) is not None and not label.strip().lstrip("+-").isdigit()


def _fold(name: str) -> str:
    return re.sub(r"[\s_.-]", "", name.casefold())
