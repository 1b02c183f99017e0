"""What training minimizes: one file per loss; importing the package registers them all."""

from cnncli.losses.base import LOSSES as LOSSES
from cnncli.losses.base import Loss as Loss
from cnncli.registry import import_modules

import_modules(__name__, __path__[0])
