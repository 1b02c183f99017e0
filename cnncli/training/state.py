"""Everything that changes while training, in a single place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from cnncli.errors import ModelFileError
from cnncli.layers.base import Array
from cnncli.tasks import Task
from cnncli.training.events import Epoch
from cnncli.value import Value


class Best(Value):
    """The network that is kept: that of the best epoch so far, or of the last one."""

    epoch: Epoch
    weights: dict[str, Array]  # by name, in the shapes of the model file, calibrated
    temperature: float  # by which the last layer's weights have been divided
    validation: dict[str, float]  # the figures of the epoch, as these weights get them
    task: Task  # with what it learned from this epoch's validation


@dataclass(eq=False)
class State:
    """Where a training stands between two steps.

    A training that is given a copy of it goes on to the same bytes as the original:
    order and noise are counted by epoch and sample, so there is no random generator to keep. The
    arrays are those that network and optimizer work with. A checkpoint holds every field.
    """

    weights: dict[str, Array]  # parameters and running statistics, in the kernels' layout
    moments: list[Array]  # of the optimizer
    average: dict[str, Array] = field(default_factory=dict)  # of the weights, where there is one
    steps: int = 0  # taken, over all epochs
    epochs: list[Epoch] = field(default_factory=list)  # done
    batches: int = 0  # done in the epoch under way
    loss_sum: float = 0.0  # over the samples of those batches
    samples: int = 0  # in those batches
    seconds: float = 0.0  # spent on those batches
    best: Best | None = None

    def begin_epoch(self) -> None:
        """Have nothing done of the epoch under way."""
        self.batches = self.samples = 0
        self.loss_sum = self.seconds = 0.0

    def copy(self) -> State:
        """Return a state that does not change when the original does."""
        copy = State({}, [])
        copy.weights = {name: array.copy() for name, array in self.weights.items()}
        copy.moments = [array.copy() for array in self.moments]
        copy.average = {name: array.copy() for name, array in self.average.items()}
        copy._take_rest(self)
        return copy

    def restore(self, state: State) -> None:
        """Become what another state of the same network is, within its own arrays.

        Raises ModelFileError for the state of another network or of another optimizer.
        """
        if _shapes_of(self) != _shapes_of(state):
            raise ModelFileError("its weights or moments belong to another network or optimizer")
        for name, array in self.weights.items():
            array[:] = state.weights[name]
        for name, array in self.average.items():
            array[:] = state.average[name]
        for array, values in zip(self.moments, state.moments, strict=True):
            array[:] = values
        self._take_rest(state)

    def _take_rest(self, state: State) -> None:
        """Take over everything but the arrays; all of it is values, apart from the list."""
        for name in (entry.name for entry in fields(self)):
            if name not in ("weights", "moments", "average"):
                setattr(self, name, getattr(state, name))
        self.epochs = list(state.epochs)


def _shapes_of(state: State) -> list[dict[object, tuple[int, ...]]]:
    """Return the shapes of the arrays that every state of a training has."""
    groups: list[Mapping[Any, Array]] = [
        state.weights,
        state.average,
        dict(enumerate(state.moments)),
    ]
    return [{name: array.shape for name, array in group.items()} for group in groups]
