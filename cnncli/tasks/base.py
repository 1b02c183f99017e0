"""What every task is: targets from labels, a loss, figures from answers.

Legend: N samples, K outputs. What people read of a task is in its Words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ArchitectureError, ModelFileError, UsageError, setting
from cnncli.graph.nodes import INPUT
from cnncli.losses import LOSSES, Loss
from cnncli.losses.base import Targets
from cnncli.registry import Named, Registry
from cnncli.samples import Samples
from cnncli.tasks.words import Record, Words
from cnncli.value import Value

if TYPE_CHECKING:
    from typing_extensions import Self

    from cnncli.graph import Graph
    from cnncli.layers.base import Array, Shape

TASKS: Registry[type[Task]] = Registry("task")

QUIETLY = np.errstate(over="ignore", invalid="ignore")  # what is not finite is reported by name
NOT_FINITE = (
    "the network's answer is not finite (NaN or infinity); look for extreme values in what it was "
    "given, or use another model"
)


class Judged(Value):
    """What each of N samples got; every field is an array of N rows."""

    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))

    @property
    def failed(self) -> NDArray[np.bool_]:
        """Which samples got an answer that is not finite (N,): nothing of it counts as right."""
        raise NotImplementedError

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return several batches as a whole."""
        names = vars(parts[0])
        return cls(**{name: np.concatenate([vars(part)[name] for part in parts]) for name in names})


def refuse_bounded(graph: Graph, reason: str) -> None:
    """Raise ArchitectureError where a network ends in a layer that bounds its answers."""
    if graph.nodes and graph.nodes[graph.output].layer.bounds:
        last = graph.nodes[graph.output].layer.kind
        raise ArchitectureError(
            f"the network ends in {last}, but {reason}; end it with dense(classes)"
        )


def refuse_narrow(graph: Graph, classes: int) -> None:
    """Raise ArchitectureError where no softmax behind a network could ever be sure of a class.

    Logits that differ by at most w give a class at most exp(w) / (exp(w) + classes - 1). What
    learns nothing behind a narrow layer (pools, flatten) leaves it narrow; a softmax in the end
    stands for the one that follows anyway.
    """
    index = graph.output
    if graph.nodes and graph.nodes[index].layer.family == "softmax":
        (index,) = graph.nodes[index].inputs
    while index != INPUT:
        node = graph.nodes[index]
        if math.isfinite(width := node.layer.width):
            most = math.exp(width) / (math.exp(width) + classes - 1)
            raise ArchitectureError(
                f"the network ends in {node.layer.kind}, but a softmax follows by itself, so no "
                f"class could get a confidence above {most:.2f}; leave {node.layer.kind} out (for "
                f"several labels per image: {setting('task')} multi-label)"
            )
        if len(node.inputs) > 1 or node.params:
            return
        (index,) = node.inputs


class Task(Named):
    """What a network is trained for, and how it is judged.

    A subclass says how labels become targets, what of them and of a validation is learned, which
    losses fit, and which figures and answers the outputs become.
    """

    outputs: tuple[str, ...]  # their names
    loss: Loss

    registry: ClassVar[Registry[Any]] = TASKS
    singular: ClassVar[str]  # what an output is: class, label, number
    plural: ClassVar[str]  # classes, labels, numbers
    usual_smoothing: ClassVar[float] = 0.0  # of labels
    monitors: ClassVar[dict[str, bool]]  # figures of a validation: whether more is better
    gate: ClassVar[str]  # the figure that says best how good a network is
    has_confidence: ClassVar[bool] = True  # whether `answer` ranks outputs by it
    has_confusion: ClassVar[bool] = False  # whether the figures have a confusion matrix

    @property
    def words(self) -> Words:
        """What people read of it."""
        raise NotImplementedError

    @property
    def smoothing(self) -> float:
        """The label smoothing of a training for which none is given."""
        return self.usual_smoothing if self.loss.smooths else 0.0

    @classmethod
    def learn(cls, samples: Samples, loss: Loss) -> Self:
        """Return the task that all samples to train and validate on set; raise DataError."""
        raise NotImplementedError

    def is_like(self, other: Task) -> bool:
        """Say whether outputs mean the same as those of another task, in the same order."""
        return (self.name, self.outputs) == (other.name, other.outputs)

    def learn_from_training(self, train: Samples) -> Self:
        """Return the task with what it learns from the training part alone; raise DataError."""
        return self

    def learn_from_validation(self, judged: Any) -> Self:
        """Return the task with what it learns from the best network's validation."""
        return self

    def calibrate(self, judged: Any) -> tuple[float, Any]:
        """Return a temperature found on a validation, and what outputs divided by it would get.

        Fewer than 20 samples say too little, and an answer that is not finite nothing; the
        temperature is 1 then, as it is where answers have no confidence.
        """
        return 1.0, judged

    def stratify(self, samples: Samples) -> Sequence[str]:
        """Return a word per sample; of all with the same, an equal share is set aside."""
        return [""] * len(samples)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the answer to an input: (K,), or (H, W, K) for every pixel's."""
        return (len(self.outputs),)

    def balance(self, targets: Any) -> Self:
        """Return the task with a loss that makes up for how rare outputs are in these targets.

        They are those to train on. Raises UsageError where that has no meaning.
        """
        counts = self.count_samples(targets)
        if counts is None:
            raise UsageError(f"{setting('weighted')} is not for {self.name}; leave it out")
        return replace(self, loss=self.loss.balance(counts, len(targets)))

    def count_samples(self, targets: Any) -> list[int] | None:
        """Return how many samples each output stands in the targets of; None for numbers."""
        return None

    def make_targets(self, samples: Samples) -> Targets:
        """Return what the loss compares answers with, a row per sample; raise DataError."""
        raise NotImplementedError

    def make_shares(self, targets: Targets) -> Array:
        """Return the share of each output in targets, float32 (n, K), which can be mixed.

        The loss takes shares for targets. Only classes and labels have them.
        """
        raise NotImplementedError

    def read_target(self, target: Any) -> dict[str, float]:
        """Return what the target of a sample says, by the names of the outputs.

        That is the share of each class or label it has (K,), of pixels in masks, or each number.
        """
        return {name: share for name, share in zip(self.outputs, target, strict=True) if share > 0}

    def smooth_loss(self, smoothing: float) -> Loss:
        """Return the loss with label smoothing; raise UsageError where there is none."""
        if smoothing:
            raise UsageError(f"{setting('label_smoothing')} is not for {self.name}; leave it out")
        return self.loss

    def check(self, graph: Graph) -> None:
        """Raise ArchitectureError for a network whose answers are of another shape."""
        if len(graph.output_shape) != 1:
            shape = "x".join(map(str, graph.output_shape))
            raise ArchitectureError(
                f"the output of the network is {shape} per image; end it with dense(classes)"
            )

    def check_to_train(self, graph: Graph) -> None:
        """Raise ArchitectureError for a network that could be used, but not sensibly trained."""

    def judge(self, outputs: Array, targets: Targets) -> Any:
        """Compare outputs (n, *output shape) with their targets; return this task's Judged."""
        raise NotImplementedError

    def judge_parts(self, parts: Iterable[tuple[Array, Targets]]) -> Any:
        """Compare parts of the same outputs, where a sample has pixels, as `judge` does at once."""
        raise NotImplementedError

    def monitor(self, judged: Any) -> dict[str, float]:
        """Return the figures named in `monitors`, in their order."""
        raise NotImplementedError

    def compute_figures(self, judged: Any) -> Record:
        """Return all figures over N > 0 samples; None stands for 0/0 and for no finite number."""
        raise NotImplementedError

    def answer(self, output: Any, top_k: int | None, least: float | None) -> Record:
        """Return what an output says of its sample, as fields of a record.

        It is logits (K,), or the class of each pixel (H, W). `top_k` is how many outputs are named,
        `least` the confidence they need, where they have it.
        """
        raise NotImplementedError

    def compute_chances(self, outputs: Array) -> NDArray[np.float64]:
        """Return the probability of each output, of the shape of the logits (N, K).

        Only tasks whose answers have confidence have them.
        """
        raise NotImplementedError

    def to_manifest(self) -> Record:
        """Return what a model file keeps besides the names of the outputs, ready for JSON."""
        return {"name": self.name, "loss": str(self.loss)}

    @classmethod
    def from_manifest(cls, outputs: tuple[str, ...], value: Record) -> Self:
        """Return what to_manifest described; raise ModelFileError for anything else."""
        if set(value) != {"name", "loss"}:
            raise ModelFileError(f"its manifest does not describe the task {cls.name}")
        return cls(outputs, cls.read_loss(value))

    @classmethod
    def read_loss(cls, value: Record) -> Loss:
        """Return the loss that a manifest names; raise ModelFileError."""
        try:
            return cls.choose_loss(str(value.get("loss")))
        except UsageError as error:
            raise ModelFileError(f"its manifest names no loss of the task {cls.name}") from error

    @classmethod
    def choose_loss(cls, text: str | None) -> Loss:
        """Return the loss of this name, or the default; raise UsageError for another task's."""
        names = cls.list_losses()
        loss = LOSSES.read(text or names[0])
        if loss.name not in names:
            raise UsageError(f"{setting('loss')} {text}: {cls.name} takes {' or '.join(names)}")
        return loss

    @classmethod
    def list_losses(cls) -> tuple[str, ...]:
        """Return the names of the losses that it can use, the default first."""
        names = [name for name, loss in LOSSES.items() if cls.name in loss.tasks]
        return (cls.loss.name, *(name for name in names if name != cls.loss.name))
