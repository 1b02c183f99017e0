"""Augmentation, training samples changed at random: one file per family of steps."""

from cnncli.augment.augmentation import NONE as NONE
from cnncli.augment.augmentation import Augmentation as Augmentation
from cnncli.augment.base import STEPS as STEPS
from cnncli.augment.draws import Draws as Draws
from cnncli.registry import import_modules

import_modules(__name__, __path__[0])
