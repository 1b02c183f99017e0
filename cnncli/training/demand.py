"""The memory that a training takes, known before its first step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from cnncli.allowance import Allowance, word_bytes
from cnncli.engine import Weights, count_memory_bytes
from cnncli.engine.fusion import INPUT
from cnncli.engine.optimizers import OPTIMIZERS
from cnncli.errors import CnncliError, setting
from cnncli.graph import Graph
from cnncli.layers.base import Setup
from cnncli.memory import measure_available_memory, measure_resident_memory
from cnncli.trained.runner import count_judging_bytes
from cnncli.training.features import Features, count_feature_bytes, find_kept_layer
from cnncli.training.settings import Settings
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData

COPIES = 2  # of the weights: the best network so far, and one that may become it
SMALL = 1 << 26  # bytes, which nobody has to ask the machine for
SLACK = 1 << 23  # bytes, by which equal processes differ


class Demand(Value):
    """What a training takes, in bytes; exact, but for `program`."""

    program: int  # interpreter, libraries, what reading the data has left: measured
    data: int  # the samples that are kept in memory
    batches: int  # those made ready for the network
    weights: int  # and running statistics
    optimizer: int
    step: int  # values, gradients and working memory
    validation: int
    average: int  # of the weights, and what it is computed in
    copies: int  # of the weights
    features: int = 0  # what frozen layers answer to the samples, where it is kept

    @property
    def total(self) -> int:
        """The bytes of everything."""
        return sum(vars(self).values())


def count_demand(data: TrainingData, graph: Graph, settings: Settings) -> Demand:
    """Return what a training will take whose data have been read."""
    weights = Weights(graph, settings.find_frozen(graph))  # not touched, so it takes no memory
    stored = sum(array.nbytes for array in weights.arrays.values())
    samples = data.train.memory_bytes + data.val.memory_bytes
    kept = find_kept_layer(data, graph, settings)
    train = data.train if kept is None else Features(data, graph, kept).train
    return Demand(
        program=max(0, measure_resident_memory() - samples),
        data=samples,
        features=0 if kept is None else count_feature_bytes(data, graph, kept),
        batches=train.batches(settings.batch_size).memory_bytes,
        weights=stored,
        optimizer=OPTIMIZERS.read(settings.optimizer).moments * weights.learned.nbytes,
        step=_count_step(graph, settings, settings.batch_size, kept),
        validation=count_judging_bytes(graph, data.val, settings.threads, settings.conv_algo),
        average=2 * stored + weights.learned.nbytes if settings.average else 0,
        copies=COPIES * stored,
    )


def check_demand(data: TrainingData, graph: Graph, settings: Settings) -> Demand:
    """Return what a training will take; raise CnncliError where that is more than there is.

    That is what the machine, the control groups and the limits of the process leave, and what
    users allow. The message has the largest batch size that fits.
    """
    demand = count_demand(data, graph, settings)
    allowed, taken = Allowance.bytes, demand.program + demand.data
    if allowed is None and demand.total - taken <= SMALL:
        return demand
    limit = taken + measure_available_memory()
    if allowed is not None:
        limit = min(limit, allowed)
    if demand.total <= limit:
        return demand
    size = settings.batch_size

    def fits(smaller: int) -> bool:
        batches = demand.batches * smaller // size
        step = _count_step(graph, settings, smaller, find_kept_layer(data, graph, settings))
        return replace(demand, batches=batches, step=step).total <= limit - SLACK

    largest = _find_largest(size, fits)
    bound = f"{setting('max_memory')} is" if limit == allowed else "there are"
    remedy = (
        f"{setting('batch_size')} {largest} fits"
        if largest
        else "take a smaller network or smaller inputs"
    )
    raise CnncliError(
        f"the training takes {word_bytes(demand.total)} of memory at a batch size of {size}, and "
        f"{bound} {word_bytes(limit)}; {remedy}"
    )


def _count_step(graph: Graph, settings: Settings, batch_size: int, start: str | None) -> int:
    setup = Setup(batch_size, settings.threads, "train", conv_algo=settings.conv_algo)
    return count_memory_bytes(graph, setup, settings.find_frozen(graph), start or INPUT)


def _find_largest(size: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number below `size` that fits, where all smaller ones do; 0 for none."""
    low, high = 0, size
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
