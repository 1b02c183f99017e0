"""One file per family of layers; importing the package registers them all."""

from importlib import import_module
from pkgutil import iter_modules

from cnncli.layers.base import REGISTRY as REGISTRY

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
