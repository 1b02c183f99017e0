"""The events of a training: a frozen value for everything that happens while it runs."""

from __future__ import annotations

from typing import Any

from cnncli.value import Value


class Started(Value):
    """The network is planned and the first step comes next."""

    params: int
    macs: int  # multiply-accumulates for a sample
    step_bytes: int  # the memory a step works in
    threads: int
    epochs: float
    samples: int  # in an epoch: images, signals or tiles of images
    steps: int  # in all epochs
    taken: int = 0  # steps that a resumed training has behind it
    resumed: tuple[Epoch, ...] = ()  # those that a resumed training has behind it


class Step(Value):
    """The network has learned from a batch."""

    epoch: int  # from 1
    step: int  # from 1, over all epochs
    samples: int  # of this epoch, up to here
    loss: float  # mean over the batch, before the step
    learning_rate: float


class Epoch(Value):
    """One pass over the samples to train on, and what the network then got in the validation."""

    epoch: int  # from 1
    learning_rate: float  # of its last step
    train_loss: float  # mean over its samples
    validation: dict[str, float]  # the task's figures by name; empty without samples to validate on
    seconds: float  # without the validation
    samples_per_second: float
    best: bool  # the best so far by the monitored figure

    def figure(self, name: str) -> float | None:
        """Return train_loss or a figure of the validation; None where it was not measured."""
        return self.train_loss if name == "train_loss" else self.validation.get(name)


class EndedEarly(Value):
    """The training has taken fewer steps than were planned; the network it kept is saved next."""

    reason: str  # "patience": the monitored figure got no better; "budget": the time is up
    epochs: int  # validated, the last maybe before its end
    steps: int  # taken
    planned: int  # steps


class Saved(Value):
    """A network has been written to the model file."""

    path: str
    sha256: str  # of the file, in hex
    epoch: int | None  # whose weights it has; None: those that training begins with
    figures: dict[str, Any]  # of that epoch, as the model file keeps them
    complete: bool  # False: the training ended early, and this is the best network until then


class Stopped(Value):
    """The training ended early; a checkpoint has all it takes to go on."""

    path: str  # of the checkpoint
    epochs: int  # that are done in it
    batches: int  # that are done in it of the next epoch


class Done(Value):
    """The training is complete and its best network saved."""

    saved: Saved
    seconds: float  # for everything, from planning to saving
    samples_per_second: float | None  # the median over all epochs


Event = Started | Step | Epoch | EndedEarly | Saved | Stopped | Done
