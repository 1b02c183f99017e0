"""The events of a training as lines on stderr, and as a bar for the epoch under way."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from cnncli.terminal import Interrupted, Progress, note
from cnncli.training.events import Done, Epoch, Event, Saved, Started, Step

if TYPE_CHECKING:
    from cnncli.commands._training_log import Log
    from cnncli.data.source import TrainingData


def follow(
    events: Generator[Event, None, None], data: TrainingData, log: Log | None = None
) -> Done:
    """Show what happens until the training is done, and write a log of it.

    What goes wrong here, such as a closed stderr, is thrown into the training, which saves its best
    network then as it does when it fails by itself.
    """
    story = _Story(data)
    try:
        for event in events:
            if log is not None:
                log.take(event)
            story.tell(event)
    except BaseException as error:
        story.tell(events.throw(error))  # what it saved; raises the error where it saved nothing
        raise
    assert isinstance(event, Done)
    return event


class _Story:
    """Shows one event after the other."""

    started: Started
    progress: Progress  # of the epoch under way

    def __init__(self, data: TrainingData) -> None:
        self.noun, self.unit = data.train.noun, f"{data.train.unit}s"

    def tell(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Step):
            if event.samples < self.started.samples:
                self.progress.update(event.samples, self._count_epochs(event.epoch))
            else:
                self.progress.clear()
        elif isinstance(event, Epoch):
            self.progress.clear()
            note(self._describe(event))
            self.progress = Progress(self.started.samples, self.unit)
        elif isinstance(event, Started):
            self.started = event
            note(
                f"{event.params:,} parameters, {event.macs:,} MACs per {self.noun}; "
                f"a step works in {event.step_bytes / 1e6:.1f} MB on {event.threads} threads"
            )
            self.progress = Progress(event.samples, self.unit)
        elif isinstance(event, Saved) and not event.complete:
            Interrupted.pending = 0
            note(f"the best so far, of epoch {event.epoch}, is kept in {event.path}")

    def _count_epochs(self, number: int) -> str:
        """Return "epoch 3/20"; the last, shorter one of 9.5 is epoch 9.5/9.5."""
        epochs = self.started.epochs
        return f"epoch {min(number, epochs)}/{epochs}"

    def _describe(self, epoch: Epoch) -> str:
        parts = [
            self._count_epochs(epoch.epoch),
            f"train loss {epoch.train_loss:.4f}",
        ]
        for name, value in epoch.validation.items():
            parts.append(f"{name.replace('_', ' ')} {value:.4f}")
        return ", ".join(parts) + (" (best)" if epoch.best else "")
