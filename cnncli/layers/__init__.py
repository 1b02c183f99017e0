"""One file per family of layers; importing the package registers them all."""

import os
from importlib import import_module

from cnncli.layers.base import REGISTRY as REGISTRY

for entry in sorted(os.scandir(__path__[0]), key=lambda one: one.name):
    if entry.name.endswith(".py") and entry.name != "__init__.py":
        import_module(f"{__name__}.{entry.name[:-3]}")
