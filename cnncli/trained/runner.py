"""A network ready to answer samples and to be judged, whatever the samples are.

A `Plan` runs networks that take samples of a fixed size, `Tiled` those that answer for every pixel
of images of any size. Which of the two is decided here and nowhere else.

Legend: n samples, H W size of an image, C channels, L length of a signal, K outputs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cnncli.engine import Plan, Weights, choose_batch, count_memory_bytes
from cnncli.engine.copies import Copy, average
from cnncli.engine.fusion import INPUT
from cnncli.errors import UsageError, setting
from cnncli.graph import Graph
from cnncli.layers.base import Array, Setup
from cnncli.samples import IGNORED
from cnncli.trained.answers import are_finite

if TYPE_CHECKING:
    from cnncli.data.dataset import DataSet
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.engine.tiling import Tiled
    from cnncli.tasks import Task

Values = NDArray[Any]  # of a sample: uint8 (H, W, C) of an image, float32 (L, C) of a signal
Output = NDArray[Any]  # float32 logits (K,), or the class of each pixel, int8 (H, W)

MOST_SAMPLES = 64  # of a pass
MOST_JUDGED = 1 << 22  # logits judged at a time


class Runner(Protocol):
    """A network ready to answer; it belongs to a single thread."""

    batch: int  # samples answered together, at most; no answer depends on it

    def refresh(self) -> None:
        """Take over the present weights; to be called whenever they have changed."""

    def answer(self, samples: Sequence[Values]) -> Sequence[Output] | Array:
        """Return the logits of up to `batch` samples, (K,) each, or the classes of their pixels.

        The samples have been prepared, but not normalized. A pixel whose logits are not finite has
        the class -1. What is returned is good until the next call.
        """

    def value(self, layer: str) -> Array:
        """Return what a layer named in `keep` made of the latest samples: (batch, *its shape)."""

    def judge(self, samples: DataSet, task: Task) -> Iterator[Any]:
        """Answer a labeled set in its order; yield what the task judged, batch by batch."""


def open_runner(
    graph: Graph,
    weights: Weights,
    preprocessing: AnyPreprocessing,
    *,
    batch_size: int | None = None,
    threads: int = 1,
    conv_algo: str = "auto",
    latency: bool = False,
    keep: Collection[str] = (),
    tile: tuple[int, int] | None = None,
    copies: Sequence[Copy] = (),
    start: str = INPUT,
) -> Runner:
    """Return the runner that the network needs, on these weights, which it does not copy.

    `keep` names layers for `value`; `tile` bounds the part of an image answered at a time. With
    `copies`, an answer has the mean of the logits of these copies of a sample. `start` is as for
    `Plan`: the samples are answers of that layer. Raises UsageError for a setting that the network,
    or the others, have no use for.
    """
    if copies and keep:
        raise UsageError(f"{setting('tta')} is for answers, not for layers; leave it out")
    if len(graph.output_shape) == 1:
        if tile is not None:
            raise UsageError(f"{setting('tile')} is for networks that make masks; leave it out")
        setup = Setup(batch_size or MOST_SAMPLES, threads, conv_algo=conv_algo, latency=latency)
        setup = replace(setup, batch=choose_batch(graph, setup))
        return _OneSize(Plan(graph, weights, setup, keep=keep, start=start), preprocessing, copies)
    unused = {"batch_size": batch_size, "latency": latency, "keep": keep}
    for name, value in unused.items():
        if value:
            raise UsageError(f"{setting(name)} is not for masks; leave it out")
    from cnncli.engine.tiling import Tiled

    setup = Setup(1, threads, conv_algo=conv_algo)
    return _AnySize(Tiled(graph, weights, setup, tile=tile, copies=copies), preprocessing)


def count_judging_bytes(graph: Graph, samples: DataSet, threads: int, conv_algo: str) -> int:
    """Return the memory that a runner for this network works in when it judges a set."""
    if len(graph.output_shape) == 1:
        setup = Setup(MOST_SAMPLES, threads, conv_algo=conv_algo)
        return count_memory_bytes(graph, replace(setup, batch=choose_batch(graph, setup)))
    from cnncli.engine.tiling import Tiled

    tiled = Tiled(graph, Weights(graph), Setup(1, threads, conv_algo=conv_algo))
    return max((tiled.count_bytes(classes.shape) for classes in samples.targets), default=0)


def judge_all(runner: Runner, samples: DataSet, task: Task) -> Any:
    """Return what the task judged of a whole set."""
    parts = list(runner.judge(samples, task))
    return type(parts[0]).join(parts)


class _OneSize:
    """Answers samples in the shape of the network's input."""

    def __init__(self, plan: Plan, preprocessing: AnyPreprocessing, copies: Sequence[Copy]) -> None:
        self.plan, self.preprocessing, self.copies = plan, preprocessing, copies
        self.batch = plan.setup.batch

    def refresh(self) -> None:
        self.plan.refresh()

    def answer(self, samples: Sequence[Values]) -> Array:
        return self._answer(np.stack(samples)) if samples else self.plan.output[:0]

    def value(self, layer: str) -> Array:
        return self.plan.value(layer)

    def judge(self, samples: DataSet, task: Task) -> Iterator[Any]:
        for values, targets in samples.in_order(self.batch):
            yield task.judge(self._answer(values), targets)

    def _answer(self, values: Values) -> Array:
        if not self.copies:
            return self._run(values)
        return average(self.copies, lambda copy: self._run(copy.make(values)))

    def _run(self, values: Values) -> Array:
        n = len(values)
        inputs, threads = self.plan.input[:n], self.plan.setup.threads
        self.preprocessing.normalize(values, np.arange(n), inputs, threads)
        self.plan.forward(n)
        return self.plan.output[:n]


class _AnySize:
    """Answers for every pixel of images of any size, image by image."""

    batch = 1

    def __init__(self, tiled: Tiled, preprocessing: AnyPreprocessing) -> None:
        self.tiled = tiled
        self.normalize = partial(preprocessing.normalize, threads=tiled.setup.threads)

    def refresh(self) -> None:
        self.tiled.refresh()

    def answer(self, samples: Sequence[Values]) -> list[Output]:
        return [self._classify(pixels) for pixels in samples]

    def value(self, layer: str) -> Array:
        raise AssertionError("tiles are not kept")

    def judge(self, samples: DataSet, task: Task) -> Iterator[Any]:
        for values, targets in samples.in_order(self.batch):
            yield task.judge_parts(self._cut(values[0], targets))

    def _cut(self, pixels: Values, targets: Output) -> Iterator[tuple[Array, Output]]:
        """Yield the logits of strips of tiles (1, h, w, K) with what is true there (1, h, w).

        A judgment takes several times the memory of the logits.
        """
        for (rows, columns), logits in self.tiled.answer_tiles(pixels, self.normalize):
            true = targets[:, rows, columns]
            step = max(1, MOST_JUDGED // logits[0].size)
            for top in range(0, len(logits), step):
                yield logits[None, top : top + step], true[:, top : top + step]

    def _classify(self, pixels: Values) -> Output:
        """Return the class of each pixel, tile by tile: the logits of all take too much memory."""
        classes = np.empty(pixels.shape[:2], np.int8)
        for place, logits in self.tiled.answer_tiles(pixels, self.normalize):
            classes[place] = logits.argmax(axis=-1)
            if not are_finite(logits):
                classes[place][~np.isfinite(logits).all(axis=-1)] = IGNORED
        return classes
