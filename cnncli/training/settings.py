"""The numbers a training depends on, and how those are chosen that nobody gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnncli.augment.text import read_augmentation
from cnncli.engine.optimizers import OPTIMIZERS, Rule
from cnncli.errors import UsageError, setting
from cnncli.graph import Graph
from cnncli.graph.freezing import find_frozen
from cnncli.graph.head import find_head
from cnncli.layers.base import volume
from cnncli.training.automatic import choose_augmentation
from cnncli.training.schedules import SCHEDULES
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.tasks import Task

TILES = 8  # per batch: a tile has many more answers than an image


class Settings(Value):
    """Every number a training depends on besides its samples.

    `choose_settings` fills in what is not given.
    The choices were found by experiment on small sets of digits and on CIFAR-10; they are meant to
    be good without a thought, and safe rather than best.
    """

    epochs: float = 0  # a whole number is an int
    after: int = 0  # epochs, among these, of an earlier training, see further.py
    batch_size: int = 0
    lr: float = 0.0
    optimizer: str = "adamw"  # with its settings, where they are not the usual ones
    weight_decay: float = -1.0
    lr_schedule: str = "cosine"
    warmup_epochs: float = -1.0
    init: str | None = None  # None: by what follows each layer
    label_smoothing: float = 0.1
    augment: str = "none"  # the steps of an augmentation; choose_settings writes a preset's out
    clip: float | None = None  # the longest gradient
    average: float | None = None  # decay of the average of the weights
    monitor: str = "val_loss"
    patience: int | None = None  # epochs to wait for a better one
    min_delta: float = 0.0  # by which it is to be better
    keep: str = "best"  # or "last", "average"
    conv_algo: str = "auto"
    inherited_from: str | None = None  # SHA-256 of the file, or of the drawn filters
    new_layers: str = ""  # those that begin anew, separated by commas
    freeze: str = ""  # layers that learn nothing, as for `find_frozen`
    seed: int = 0
    threads: int = 1

    def find_frozen(self, graph: Graph) -> frozenset[str]:
        """Return the layers of a network that learn nothing."""
        return find_frozen(graph, self.freeze) if self.freeze else frozenset()

    def count_steps(self, batches: int) -> int:
        """Return how many steps a training takes whose epochs have this many batches."""
        return max(1, round(self.epochs * batches)) if self.epochs else 0


def choose_settings(given: dict[str, Any], graph: Graph, task: Task, samples: int) -> Settings:
    """Return settings with every number: the given ones, the rest by network, task and data.

    `samples` is how many there are to train on; a `momentum` given becomes a setting of the
    optimizer. Raises UsageError for what optimizer, augmentation or task cannot use, and for
    batches of single values for bn.
    """
    augment = (
        "none" if given.get("freeze") else choose_augmentation(task, graph.input_shape, samples)
    )
    given = {"label_smoothing": task.smoothing, "augment": augment, **given}
    rule = _choose_rule(given.pop("optimizer", "adamw"), given.pop("momentum", None))
    first = Settings(**given, optimizer=str(rule))
    task.smooth_loss(first.label_smoothing)
    augmentation = read_augmentation(first.augment, graph.input_shape)
    augmentation.check(task.name, graph.input_shape)
    _refuse_contradictions(first)
    if "monitor" in given and first.monitor not in ("train_loss", *task.monitors):
        raise UsageError(
            f"{setting('monitor')} {first.monitor}: {task.name} has train_loss, "
            f"{', '.join(task.monitors)}"
        )
    epochs = given.get("epochs", 20 if samples <= 5000 else 15 if samples <= 20000 else 10)
    usual = TILES if len(graph.output_shape) > 1 else 32 if samples <= 5000 else 64
    batch_size = first.batch_size or usual
    _refuse_single_values(graph, batch_size, samples)
    batches = max(1, -(-samples // batch_size))
    rate = first.lr or rule.rate * _boldness(graph, samples) * _choose_share(first, graph)
    decay, warmup = first.weight_decay, first.warmup_epochs
    if decay < 0:
        decay = _weight_decay(graph, rate * batches * (epochs or 1), rule)
    if warmup < 0:
        rises = SCHEDULES.read(first.lr_schedule).warms_up
        warmup = 0.0 if rises else min(1.0, 500 / batches, epochs / 2)
    return replace(
        first,
        augment=str(augmentation),
        epochs=int(epochs) if float(epochs).is_integer() else epochs,
        batch_size=batch_size,
        lr=rate,
        weight_decay=decay,
        warmup_epochs=warmup,
    )


def _choose_rule(optimizer: str, momentum: float | None) -> Rule:
    """Return the update rule of an optimizer, with a momentum that is given apart from it."""
    rule = OPTIMIZERS.read(optimizer)
    if momentum is None:
        return rule
    if "(" in optimizer:
        raise UsageError(
            f"{setting('momentum')} {momentum:g}: {setting('optimizer')} {optimizer} says it too; "
            "leave one of them out"
        )
    return rule.with_momentum(momentum)


def _refuse_contradictions(settings: Settings) -> None:
    """Raise UsageError for what has no effect without something else, or beside it."""
    if settings.min_delta and settings.patience is None:
        raise UsageError(
            f"{setting('min_delta')} {settings.min_delta:g}: has no effect without "
            f"{setting('patience')}; give that, too"
        )
    if settings.keep == "average" and settings.average is None:
        raise UsageError(
            f"{setting('keep')} average: there is no average without {setting('average')}; "
            f"give that, too, such as {setting('average')} 0.999"
        )
    if settings.keep == "last" and settings.average is not None:
        raise UsageError(
            f"{setting('keep')} last: would throw the average away; give {setting('keep')} "
            f"average, or leave {setting('average')} out"
        )


def _refuse_single_values(graph: Graph, batch_size: int, samples: int) -> None:
    """Raise UsageError where a batch would bring bn a single value per channel.

    Its mean is the value itself then: bn answers with its bias alone, and nothing is learned.
    """
    alone = min(batch_size, samples) == 1 or (batch_size == 2 and samples % 2 == 1)
    for node in graph.nodes:
        if alone and node.layer.family == "norm" and volume(node.input_shapes[0][:-1]) == 1:
            raise UsageError(
                f"{node.name} would normalize single values: its input is one value per channel, "
                f"and {samples} samples in batches of {batch_size} leave a batch of one; use "
                f"{setting('batch_size')} 3 or more, or leave bn out there"
            )


def _choose_share(settings: Settings, graph: Graph) -> float:
    """Return the share of the usual learning rate for a network that begins from another.

    What has been learned is to be changed with care; a head alone is new, and has few steps. On 250
    images of CIFAR-10 and a network of five other classes, both were the best of those tried. Where
    all but a layer is new, such as behind drawn filters, there is everything to learn.
    """
    if settings.inherited_from is None:
        return 1.0
    frozen, head = settings.find_frozen(graph), find_head(graph)
    weighted = {node.name for node in graph.nodes if node.params}
    if frozen and weighted <= frozen | head:
        return 4.0
    return 0.2 if len(weighted - {*settings.new_layers.split(", ")}) > 1 else 1.0


def _boldness(graph: Graph, samples: int) -> float:
    """Return how much faster than a deep network without bn this one can learn."""
    weighted = sum(node.macs > 0 for node in graph.nodes)
    if _has_bn(graph):
        return 5.0 if samples <= 5000 else 3.0
    return 3.0 if weighted <= 5 else 1.0


def _weight_decay(graph: Graph, total_rate: float, rule: Rule) -> float:
    """Return the weight decay; where decoupled, it takes off about the same share in any time."""
    if not rule.decoupled:
        return 5e-4
    strongest = (1e-3 if _has_bn(graph) else 1e-4) / rule.rate
    return min(strongest, max(5e-5 / rule.rate, 3 / total_rate))


def _has_bn(graph: Graph) -> bool:
    return any(node.layer.family == "norm" for node in graph.nodes)
