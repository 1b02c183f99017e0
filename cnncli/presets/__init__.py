"""Networks known by name: one `.cnn` file each, in this folder.

A file is an architecture text that opens with comments: a title, then `source: …`, `input: …` and
`classes: …`, one to a line.
"""

from __future__ import annotations

import re
from pathlib import Path

from cnncli.errors import ArchitectureError
from cnncli.layers.base import Shape
from cnncli.layers.settings import SHAPE
from cnncli.notation.expansion import did_you_mean, typed_layers
from cnncli.value import Value

FOLDER = Path(__file__).parent


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
    return sorted(path.stem for path in FOLDER.glob("*.cnn"))


def get(name: str) -> Preset:
    """Return the preset of this name; raise ArchitectureError where there is none."""
    if name not in names():
        hint = did_you_mean(name, names()) or f"; the presets are {', '.join(names())}"
        raise ArchitectureError(f"no preset is called {name!r}{hint}")
    text = (FOLDER / f"{name}.cnn").read_text(encoding="utf-8")
    title = text.split("\n")[0].removeprefix("# ")
    header = dict(re.findall(r"^# (\w+): (.+)$", text, re.MULTILINE))
    shape = SHAPE.read(header["input"])
    return Preset(name, title, header["source"], text, shape, int(header["classes"]))


def lookup(text: str) -> Preset | None:
    """Return the preset a text names, or None where it is an architecture of its own.

    Raises ArchitectureError for a single word that is neither.
    """
    word = text.strip()
    if word in names():
        return get(word)
    if re.fullmatch(r"[\w.-]+", word) and word not in [*typed_layers(), "id"]:
        hint = did_you_mean(word, [*names(), *typed_layers()])
        raise ArchitectureError(
            f"no preset and no layer is called {word!r}"
            + (hint or f"; the presets are {', '.join(names())}")
        )
    return None
