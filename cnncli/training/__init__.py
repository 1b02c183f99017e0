"""Training: settings, schedules, the loop and the figures of a trained network."""

from cnncli.training.automatic import auto_architecture as auto_architecture
from cnncli.training.loop import Epoch as Epoch
from cnncli.training.loop import State as State
from cnncli.training.loop import Training as Training
from cnncli.training.settings import MONITORS as MONITORS
from cnncli.training.settings import Settings as Settings
from cnncli.training.settings import chosen as chosen
