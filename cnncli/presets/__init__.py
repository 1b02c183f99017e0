"""Networks known by name: `.cnn` files in this folder, each of a network or of a family.

A file is an architecture text that opens with comments: a title, then `source: …`, `input: …` and
`classes: …`, a line each, and `name: call` for each member of a family. The last line of a family
is a call of the piece that its file is named after, and another call may stand in its place:
`vgg16` is `vgg(2, 2, 3, 3, 3)`, and `unet(16)` is the text of unet with that last line.
"""

from __future__ import annotations

import re
from pathlib import Path

from cnncli.errors import ArchitectureError, did_you_mean
from cnncli.layers.base import Shape
from cnncli.notation.expansion import list_named_layers
from cnncli.settings import SHAPE
from cnncli.value import Value

FOLDER = Path(__file__).parent
HEADER = re.compile(r"^# (source|input|classes): (.+)$", re.MULTILINE)
MEMBER = re.compile(r"^# (\w+): (\w+\(.*\))$", re.MULTILINE)


class Preset(Value):
    """A network with a name, and what it was made for."""

    name: str
    title: str
    source: str  # the paper it is from
    text: str  # the whole file, comments and all: an architecture text
    input_shape: Shape
    classes: int


def names() -> list[str]:
    """Return the names of all presets, in alphabetical order."""
    return sorted(_list_calls())


def get(name: str) -> Preset:
    """Return the preset of this name, or a family's member of another size such as `unet(16)`.

    Raises ArchitectureError where there is none.
    """
    calls = _list_calls()
    stem, call = calls.get(name, (name.partition("(")[0].strip(), name))
    if name not in calls and not _is_family(name):
        hint = did_you_mean(name, names()) or f"; the presets are {', '.join(names())}"
        raise ArchitectureError(f"no preset is called {name!r}{hint}")
    text = _read(stem)
    if call:
        text = text.rstrip().rpartition("\n")[0] + f"\n{call}\n"
    header = dict(HEADER.findall(text))
    title = text.split("\n")[0].removeprefix("# ")
    shape = SHAPE.read(header["input"])
    return Preset(name, title, header["source"], text, shape, int(header["classes"]))


def lookup(text: str) -> Preset | None:
    """Return the preset a text names, or None where it is an architecture itself.

    Raises ArchitectureError for a single word that is neither.
    """
    word = text.strip()
    if word in names() or _is_family(word):
        return get(word)
    if re.fullmatch(r"[\w.-]+", word) and word not in [*list_named_layers(), "id"]:
        hint = did_you_mean(word, [*names(), *list_named_layers()])
        raise ArchitectureError(
            f"no preset and no layer is called {word!r}"
            + (hint or f"; the presets are {', '.join(names())}")
        )
    return None


def _list_calls() -> dict[str, tuple[str, str]]:
    """Return for each preset the stem of its file, and its last line unless the file ends in it."""
    calls = {}
    for path in FOLDER.glob("*.cnn"):
        for name, call in MEMBER.findall(_read(path.stem)) or [(path.stem, "")]:
            calls[name] = path.stem, call
    return calls


def _is_family(text: str) -> bool:
    """Say whether a text is a call of a piece that a file of its name defines."""
    call = re.fullmatch(r"(\w+)\s*\([^()\n]*\)", text)
    if call is None or call[1] in list_named_layers() or not (FOLDER / f"{call[1]}.cnn").exists():
        return False
    return re.search(rf"^{call[1]}\(.*\) =", _read(call[1]), re.MULTILINE) is not None


def _read(stem: str) -> str:
    return (FOLDER / f"{stem}.cnn").read_text(encoding="utf-8")
