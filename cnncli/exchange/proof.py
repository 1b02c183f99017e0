"""Proof that a network taken elsewhere answers the same: the same inputs through both engines.

A rival is another program with the same network, as a function from `Inputs` to logits. What the
formats have for one is in their own folders.

Legend: N inputs, H W C of an image, L C of a signal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.data.images.preprocessing import Preprocessing, normalize_levels
from cnncli.data.preprocessing import read_preprocessing
from cnncli.engine import Plan, Weights, choose_batch
from cnncli.errors import DataError, GateError, setting
from cnncli.layers.base import Array, Setup
from cnncli.randomness import stream
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.model_file import Model

ONNX_RUNTIME = "ONNX Runtime: pip install onnxruntime"  # what has to be installed for a rival
PYTORCH = "PyTorch: pip install torch"
USUAL_INPUTS = 16
USUAL_TOLERANCE = 1e-4
MOST_CELLS = 16  # of a drawn image, along an axis


class Inputs(Value):
    """Samples as they come to a network, and as it takes them."""

    samples: NDArray[Any]  # uint8 (N, H, W, C), or float32 (N, L, C) of signals
    normalized: Array  # float32, of the same shape


class Rival(Value):
    """Another program with the same network."""

    name: str  # with its version: ONNX Runtime 1.20.0
    answer: Callable[[Inputs], Array]  # returns logits (N, *output shape), channels last


class Proof(Value):
    """How far the answers of two programs to the same inputs are apart."""

    against: str
    inputs: int
    max_abs: float  # the largest difference of two logits
    max_rel: float  # the same, relative to the range of all logits
    top1_agree: bool  # whether the largest logit is the same everywhere

    def to_manifest(self) -> dict[str, Any]:
        """Return the figures, ready for JSON."""
        return asdict(self)

    def describe(self) -> str:
        """Return the figures in a line."""
        first = "all" if self.top1_agree else "not all"
        return (
            f"{first} first answers to {self.inputs} inputs are those of {self.against}; "
            f"logits differ by {self.max_rel:.1g} of their range"
        )


def prove(
    model: Model, rival: Rival, inputs: Inputs, *, path: str, tolerance: float = USUAL_TOLERANCE
) -> Proof:
    """Return how far a rival's answers are from ours; raise GateError above the tolerance.

    The tolerance bounds the largest difference, relative to the range of all logits. `path` is what
    the rival's network was to be written to.
    """
    ours, theirs = compute_logits(model, inputs), rival.answer(inputs)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    difference, extent = float(np.abs(ours - theirs).max()), float(np.ptp(ours))
    relative = difference if extent == 0 else difference / extent
    agree = bool((ours.argmax(axis=-1) == theirs.argmax(axis=-1)).all())
    if not relative <= tolerance:  # nor where an answer is NaN
        raise GateError(
            f"{path}: {rival.name} answers otherwise: logits differ by {relative:.2g} of their "
            f"range, above {setting('tolerance')} {tolerance:g}, so nothing was written; allow "
            "more where that is near enough",
            path=path,
        )
    return Proof(rival.name, len(ours), difference, relative, agree)


def compute_logits(model: Model, inputs: Inputs) -> Array:
    """Return the logits (N, *output shape) of our engine; those before a softmax at the end."""
    graph = model.graph
    weights = Weights(graph)
    weights.load(model.weights)
    setup = Setup(len(inputs.samples))
    plan = Plan(graph, weights, replace(setup, batch=choose_batch(graph, setup)))
    parts = []
    for start in range(0, len(inputs.normalized), plan.setup.batch):
        batch = inputs.normalized[start : start + plan.setup.batch]
        plan.input[: len(batch)] = batch
        plan.forward(len(batch))
        parts.append(plan.output[: len(batch)].copy())
    return np.concatenate(parts)


def gather_inputs(model: Model, count: int, samples: Iterable[NDArray[Any]] = ()) -> Inputs:
    """Return drawn inputs, and behind them samples that `read_samples` has read."""
    preprocessing = read_preprocessing(model.preprocessing)
    drawn = draw_samples(preprocessing, count)
    together = np.stack([*drawn, *samples])
    normalized = np.empty(together.shape, np.float32)
    prepared = together
    if isinstance(preprocessing, Preprocessing) and preprocessing.normalization == "image":
        prepared = np.stack([normalize_levels(pixels) for pixels in together])
    preprocessing.normalize(prepared, np.arange(len(prepared)), normalized)
    return Inputs(together, normalized)


def draw_samples(preprocessing: AnyPreprocessing, count: int) -> list[NDArray[Any]]:
    """Return so many samples, the same each time: random cells, coarser and finer ones.

    To single random pixels a network would give much the same answer each time.
    """
    *sides, channels = preprocessing.input_shape
    samples = []
    for number in range(count):
        numbers = stream(0, f"input {number} of a proof")
        cells = [int(numbers.integers(1, min(side, MOST_CELLS) + 1)) for side in sides]
        if isinstance(preprocessing, Preprocessing):
            coarse = numbers.integers(0, 256, (*cells, channels), np.uint8)
        else:
            coarse = _restore(numbers.standard_normal((*cells, channels)), preprocessing)
        places = [np.arange(side) * cell // side for side, cell in zip(sides, cells, strict=True)]
        samples.append(coarse[np.ix_(*places)])
    return samples


def read_samples(model: Model, data: str, count: int) -> list[NDArray[Any]]:
    """Return the first samples of files and folders, before each is normalized; raise DataError."""
    from cnncli.data.batches.stream import stream as stream_samples

    preprocessing = read_preprocessing(model.preprocessing).at_one_size()
    if isinstance(preprocessing, Preprocessing):
        preprocessing = replace(preprocessing, normalization="none")
    samples: list[NDArray[Any]] = []
    for batch in stream_samples([data], preprocessing, batch_size=count):
        for item in batch:
            if item.error is not None:
                raise item.error
            assert item.values is not None
            samples.append(item.values)
        if len(samples) >= count:
            break
    if not samples:
        raise DataError(f"{data}: no {preprocessing.noun}s; add some", path=data)
    return samples[:count]


def _restore(values: NDArray[np.float64], preprocessing: AnyPreprocessing) -> Array:
    """Return values that the preprocessing brings to these."""
    scale, shift = np.array(preprocessing.scale), np.array(preprocessing.shift)
    raw = np.divide(values - shift, scale, out=np.zeros_like(values), where=scale != 0)
    return np.asarray(raw, np.float32)
