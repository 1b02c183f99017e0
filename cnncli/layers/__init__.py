"""One file per family of layers; importing the package registers them all."""

from cnncli.layers.base import LAYERS as LAYERS
from cnncli.registry import import_modules

import_modules(__name__, __path__[0])
