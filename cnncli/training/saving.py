"""When a checkpoint is written: after every epoch, within long ones, and when the end comes early.

Where epochs take less than a second, some go by without: writing would take too much of the time.
"""

from __future__ import annotations

import time

from cnncli.training.checkpoint import (
    Checkpoint,
    locate_checkpoint,
    remove_checkpoint,
    save_checkpoint,
)
from cnncli.training.events import Epoch, Event, Step, Stopped

LONG = 600.0  # seconds after which a checkpoint is written within an epoch
SHORT = 1.0  # seconds
SHARE = 0.05  # of the time may go into writing while epochs are short


class Saver:
    """Writes the checkpoint of a training that goes on, beside its model."""

    def __init__(self, model: str, checkpoint: Checkpoint) -> None:
        self.path = locate_checkpoint(model)
        self.checkpoint = checkpoint  # whose state is the one that changes
        self.written: Stopped | None = None  # where the training stands in what was written last
        self._time = time.monotonic()  # when that was
        self._cost = 0.0  # seconds it took

    def save_when_due(self, event: Event) -> None:
        """Save the training, which has just told this, if it is time to; raise OSError."""
        since = time.monotonic() - self._time
        after_epoch = isinstance(event, Epoch) and since >= min(SHORT, self._cost / SHARE)
        if after_epoch or (isinstance(event, Step) and since >= LONG):
            self.save()

    def save(self) -> None:
        """Save the training, which stands between two steps; raise OSError.

        Nothing is saved where weights are no longer finite, or the model is not a file.
        """
        if self.path is None:
            return
        begin, state = time.monotonic(), self.checkpoint.state
        if save_checkpoint(self.path, self.checkpoint):
            self.written = Stopped(str(self.path), len(state.epochs), state.batches)
        self._time = time.monotonic()
        self._cost = self._time - begin

    def remove(self) -> None:
        """Remove the checkpoint, from which there is no need or no sense to go on."""
        self.written = None
        if self.path is not None:
            remove_checkpoint(self.path)
