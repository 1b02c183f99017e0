"""What every task is: targets from labels, a loss, figures from answers, answers in words.

Legend: N images, K outputs. A task prints nothing; commands ask it what there is to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from cnncli.errors import ArchitectureError, ModelFileError, UsageError, setting
from cnncli.losses import LOSSES, Loss
from cnncli.losses.base import Targets
from cnncli.registry import Named, Registry
from cnncli.samples import Samples
from cnncli.value import Value

if TYPE_CHECKING:
    from typing_extensions import Self

    from cnncli.graph import Graph
    from cnncli.layers.base import Array, Shape

Record = dict[str, Any]
BOUNDED = frozenset({"softmax", "sigmoid", "tanh", "relu", "relu6"})
SHOWN = 10  # names in a description
TASKS: Registry[type[Task]] = Registry("task")


class Judged(Value):
    """What each of N images got; every field is an array of N rows."""

    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return several batches as one."""
        fields = [vars(one) for one in parts]
        return cls(**{name: np.concatenate([one[name] for one in fields]) for name in fields[0]})


def check_last_layer(graph: Graph, reason: str) -> None:
    """Raise ArchitectureError where a network ends in a layer that bounds its answers."""
    last = graph.nodes[graph.output].layer.kind if graph.nodes else ""
    if last in BOUNDED:
        raise ArchitectureError(
            f"the network ends in {last}, but {reason}; end it with dense(classes)"
        )


class Task(Named):
    """What a network is trained for; the names of its outputs are what `classes` counts."""

    outputs: tuple[str, ...]
    loss: Loss

    registry: ClassVar[Registry[Any]] = TASKS
    plural: ClassVar[str]  # what its outputs are: classes, labels, numbers
    losses: ClassVar[tuple[str, ...]]  # the names of those it can use, the default first
    smoothing: ClassVar[float] = 0.0  # of labels, where none is given
    monitors: ClassVar[dict[str, bool]]  # figures of a validation: whether more is better
    gate: ClassVar[str]  # the figure that --fail-under is about
    has_confidence: ClassVar[bool] = True  # whether `answer` ranks outputs by it
    has_confusion: ClassVar[bool] = False  # whether `figures` has a confusion matrix
    per_pixel: ClassVar[bool] = False  # whether every pixel of an image gets an answer

    @classmethod
    def learn(cls, samples: Samples, loss: Loss) -> Self:
        """Return the task that all samples to train and validate on set; raise DataError."""
        raise NotImplementedError

    def fitted(self, train: Samples) -> Self:
        """Return the task with what it learns from the training part alone; raise DataError."""
        return self

    def settled(self, judged: Any) -> Self:
        """Return the task with what it learns from the best network's validation."""
        return self

    def strata(self, samples: Samples) -> Sequence[str]:
        """Return a word per image; of all with the same, an equal share is set aside."""
        return [""] * len(samples)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the answer to one input: (K,), or (H, W, K) for every pixel's."""
        return (len(self.outputs),)

    def targets(self, samples: Samples) -> Targets:
        """Return what the loss compares answers with, a row per image; raise DataError."""
        raise NotImplementedError

    def training_loss(self, smoothing: float) -> Loss:
        """Return the loss of a training; raise UsageError for smoothing where there is none."""
        if smoothing:
            raise UsageError(f"{setting('label_smoothing')} is not for {self.name}; leave it out")
        return self.loss

    def check(self, graph: Graph) -> None:
        """Raise ArchitectureError for a network whose answers are of another shape."""
        if len(graph.output_shape) != 1:
            shape = "x".join(map(str, graph.output_shape))
            raise ArchitectureError(
                f"the network answers with {shape} values per image; end it with dense(classes)"
            )

    def description(self) -> str:
        """Return how many outputs there are and what they are called."""
        names = ", ".join(self.outputs[:SHOWN]) + (", …" if len(self.outputs) > SHOWN else "")
        return f"{len(self.outputs)} {self.plural}: {names}"

    def judge(self, outputs: Array, targets: Targets) -> Any:
        """Compare outputs (n, *output shape) with their targets; return this task's Judged."""
        raise NotImplementedError

    def validation(self, judged: Any) -> dict[str, float]:
        """Return the figures named in `monitors`, in their order."""
        raise NotImplementedError

    def achieved(self, record: Record, what: str) -> str:
        """Return what a record of `train` with these figures says; `what` is image or signal."""
        raise NotImplementedError

    def counted(self, targets: Any, what: str) -> str:
        """Return what a set to evaluate on consists of: "60 images of 3 classes"."""
        return f"{len(targets)} {what}s"

    def figures(self, judged: Any) -> Record:
        """Return the figures of `evaluate` over N > 0 images; None stands for 0/0."""
        raise NotImplementedError

    def summary(self, found: Record) -> Iterator[str]:
        """Yield the lines that show `figures` to people."""
        raise NotImplementedError

    def table(self, judged: Any) -> tuple[list[str], list[Sequence[Any]]]:
        """Return header and rows of `evaluate --per-image`, without the path."""
        raise NotImplementedError

    def answer(self, output: Array, top_k: int | None, least: float | None) -> Record:
        """Return the fields of `predict`'s record of one image (without its path).

        `top_k` and `least` are --top-k and --min-confidence, where there is a confidence.
        """
        raise NotImplementedError

    def words(self, record: Record) -> str:
        """Return a record of `answer` as `predict` shows it to people."""
        raise NotImplementedError

    def columns(self, top_k: int | None) -> list[str]:
        """Return the header of `predict`'s table, without the path."""
        raise NotImplementedError

    def cells(self, record: Record, top_k: int | None) -> list[Any]:
        """Return a record of `answer` as a row of that table."""
        raise NotImplementedError

    def to_manifest(self) -> Record:
        """Return what a model file keeps besides the names of the outputs, ready for JSON."""
        return {"name": self.name, "loss": str(self.loss)}

    @classmethod
    def from_manifest(cls, outputs: tuple[str, ...], value: Record) -> Self:
        """Return what to_manifest described; raise ModelFileError for anything else."""
        if set(value) != {"name", "loss"}:
            raise ModelFileError(f"its manifest does not describe the task {cls.name}")
        return cls(outputs, cls.stored_loss(value))

    @classmethod
    def stored_loss(cls, value: Record) -> Loss:
        """Return the loss that a manifest names; raise ModelFileError."""
        try:
            return cls.loss_for(str(value.get("loss")))
        except UsageError as error:
            raise ModelFileError(f"its manifest names no loss of the task {cls.name}") from error

    @classmethod
    def loss_for(cls, text: str | None) -> Loss:
        """Return the loss of this name, or the default; raise UsageError for another task's."""
        loss = LOSSES.read(text or cls.losses[0])
        if loss.name not in cls.losses:
            raise UsageError(
                f"{setting('loss')} {text}: {cls.name} takes {' or '.join(cls.losses)}"
            )
        return loss
