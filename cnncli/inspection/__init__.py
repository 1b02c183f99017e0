"""What a trained network has learned and what it does with a sample: a file per method.

A method is found by being in `methods/`: the file gradient_x_input.py there defines a `Method` of
the name gradient-x-input. The command offers it, refuses what it has no use for, and shows what it
finds, by what the method declares.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncli.inspection.base import Method

PACKAGE = "cnncli.inspection.methods"


def list_methods() -> list[str]:
    """Return the names of all methods, without importing them."""
    folder = os.path.join(__path__[0], "methods")  # noqa: PTH118 - pathlib takes its time to import
    stems = (entry.name.removesuffix(".py") for entry in os.scandir(folder) if entry.is_file())
    return sorted(stem.replace("_", "-") for stem in stems if stem != "__init__")


def find_method(name: str) -> Method:
    """Return the method of a name that `list_methods()` has."""
    from importlib import import_module

    from cnncli.inspection.base import METHODS

    import_module(f"{PACKAGE}.{name.replace('-', '_')}")
    return METHODS[name]()
