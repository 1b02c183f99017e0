"""What a trained network has learned and what it does with a sample: a file per method.

A method is found by being in `methods/`: the file gradient_x_input.py there defines a `Method` of
the name gradient-x-input; `_plus` stands for a +. The command offers it, describes it in its help,
refuses what it has no use for, and shows what it finds, all by what the method declares.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from cnncli.settings import split_call

if TYPE_CHECKING:
    from cnncli.inspection.base import Method

SORTS = ("norm", "similarity", "selectivity")  # what filters can be sorted by
PACKAGE = "cnncli.inspection.methods"
SENTENCE = re.compile(
    r'^class \w+\(\w+, name=".*"\):\n    """(.+?)\n?(?:\n    """|\n\n|""")', re.M | re.S
)
SETTING = re.compile(r"^    (\w+): .+ = setting\(.+, (.+)\)$", re.M)
SWITCHES = {"True": "yes", "False": "no"}


def list_methods() -> list[str]:
    """Return the names of all methods, without importing them."""
    return sorted(map(_name, _list_stems()))


def find_method(text: str) -> Method:
    """Return a method from its name, and settings in parentheses where they are not the usual ones.

    The name is one that `list_methods()` has; smoothgrad(samples=50) has a setting. Raises
    UsageError for settings that do not fit.
    """
    from importlib import import_module

    from cnncli.inspection.base import METHODS

    name, _ = split_call(text)
    stem = next(stem for stem in _list_stems() if _name(stem) == name)
    import_module(f"{PACKAGE}.{stem}")
    return METHODS.read(text)


def describe_methods() -> list[tuple[str, str]]:
    """Return name and settings of every method, and the sentence its docstring begins with.

    They are read from the files: to import them takes NumPy.
    """
    descriptions = []
    for stem in _list_stems():
        path = os.path.join(__path__[0], "methods", f"{stem}.py")  # noqa: PTH118
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            source = file.read()
        sentence = SENTENCE.search(source)
        assert sentence is not None, f"{path} defines no method with a docstring"
        settings = ", ".join(
            f"{name}={SWITCHES.get(default, default)}" for name, default in SETTING.findall(source)
        )
        name = _name(stem) + (f"({settings})" if settings else "")
        descriptions.append((name, " ".join(sentence[1].split())))
    return sorted(descriptions)


def _list_stems() -> list[str]:
    folder = os.path.join(__path__[0], "methods")  # noqa: PTH118 - pathlib takes its time to import
    stems = (entry.name.removesuffix(".py") for entry in os.scandir(folder) if entry.is_file())
    return [stem for stem in stems if stem != "__init__"]


def _name(stem: str) -> str:
    return stem.replace("_plus", "+").replace("_", "-")
