"""The events of a training as lines on stderr, and as a bar for the epoch under way."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING

from cnncli.errors import setting
from cnncli.terminal import Interrupted, Progress, note, postpone_signals
from cnncli.training.events import (
    Done,
    EndedEarly,
    Epoch,
    Event,
    Saved,
    Started,
    Step,
    Stopped,
)
from cnncli.wording import write_time

if TYPE_CHECKING:
    from cnncli.commands._training_log import Log
    from cnncli.data.source import TrainingData


def follow(
    events: Generator[Event, None, None], data: TrainingData, log: Log | None = None
) -> Done:
    """Show what happens until the training is done, and write a log of it.

    A signal, or what goes wrong here, such as a closed stderr, is thrown into the training between
    two steps. It saves a checkpoint and its best network then.
    """
    story = _Story(data)
    try:
        while not isinstance(event := _advance(events), Done):
            if log is not None:
                log.take(event)
            story.tell(event)
    except BaseException as error:
        Interrupted.pending = 0  # or telling what was saved would raise it again
        story.tell(events.throw(error))  # raises the error where nothing was saved
        for event in events:
            story.tell(event)
        raise
    return event


def _advance(events: Generator[Event, None, None]) -> Event:
    """Return the next event of a training, which has no more than one step to it."""
    with postpone_signals():
        return next(events)


class _Story:
    """Shows one event after the other."""

    started: Started
    progress: Progress  # of the epoch under way
    samples: int  # in the epoch under way
    begun: float  # when the first step came next

    def __init__(self, data: TrainingData) -> None:
        self.noun, self.unit = data.train.noun, f"{data.train.unit}s"

    def tell(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, Step):
            if event.samples < self.samples:
                self.progress.update(event.samples, self._describe_place(event))
            else:
                self.progress.clear()
        elif isinstance(event, Epoch):
            self.progress.clear()
            note(self._describe(event))
            self._expect_epoch(event.epoch)
        elif isinstance(event, Started):
            self.started = event
            note(
                f"{event.params:,} parameters, {event.macs:,} MACs per {self.noun}; "
                f"a step works in {event.step_bytes / 1e6:.1f} MB on {event.threads} threads"
            )
            self.begun = time.monotonic()
            self._expect_epoch(len(event.resumed))
        elif isinstance(event, EndedEarly):
            note(self._describe_end(event))
        elif isinstance(event, Saved) and not event.complete:
            note(f"the network of epoch {event.epoch} is kept in {event.path}")
        elif isinstance(event, Stopped):
            note(_describe_stop(event))

    def _expect_epoch(self, before: int) -> None:
        """Begin the bar of the epoch after so many, of which the last may be shorter."""
        share = min(1.0, self.started.epochs - before)
        self.samples = round(share * self.started.samples)
        self.progress = Progress(self.samples, self.unit)

    def _describe_place(self, step: Step) -> str:
        """Return the epoch of a step, on a terminal with the time left for all that come."""
        place = self._count_epochs(step.epoch)
        if not self.progress.bar or step.step == self.started.taken:
            return place
        seconds = (time.monotonic() - self.begun) / (step.step - self.started.taken)
        return f"{place}, {write_time(seconds * (self.started.steps - step.step))} left in all"

    def _count_epochs(self, number: int) -> str:
        """Return "epoch 3/20"; the last, shorter one of 9.5 is epoch 9.5/9.5."""
        epochs = self.started.epochs
        return f"epoch {min(number, epochs)}/{epochs}"

    def _describe_end(self, early: EndedEarly) -> str:
        ended = f"{setting(early.reason)} ended the training after"
        if early.reason == "patience":
            return f"{ended} epoch {early.epochs} of {self.started.epochs}"
        return (
            f"{ended} {early.steps} of {early.planned} steps: the time is up, and the learning "
            "rate has not come to its end"
        )

    def _describe(self, epoch: Epoch) -> str:
        parts = [
            self._count_epochs(epoch.epoch),
            f"train loss {epoch.train_loss:.4f}",
        ]
        for name, value in epoch.validation.items():
            parts.append(f"{name.replace('_', ' ')} {value:.4f}")
        return ", ".join(parts) + (" (best)" if epoch.best else "")


def _describe_stop(stopped: Stopped) -> str:
    place = describe_place(stopped.epochs, stopped.batches)
    return (
        f"stopped after {place}, as kept in {stopped.path}; {setting('resume')} goes on from there"
    )


def describe_place(epochs: int, batches: int) -> str:
    """Return "3 epochs and 17 batches"."""
    done = [f"{epochs} epoch{'s' * (epochs != 1)}"]
    if batches:
        done.append(f"{batches} batch{'es' * (batches != 1)}")
    return " and ".join(done)
