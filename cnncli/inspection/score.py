"""How well a map says which pixels an answer depends on, so that methods can be compared.

Pixels change in the order of a map, the largest first, and the probability of the answer is
followed: deletion sets those of the sample to zero, insertion puts them into a blurred copy
(Petsiuk et al. 2018, arXiv:1806.07421). The same is done in random orders.

Legend: H W size of a sample, C channels, S steps, M random orders, K outputs.
A signal is a single row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnncli.augment.noise import blur
from cnncli.errors import DataError, UsageError, setting
from cnncli.inspection.attribution import as_image
from cnncli.inspection.base import AttributionFindings, Method, ScoreFindings, Subject
from cnncli.inspection.figures import Array
from cnncli.inspection.target import Target, choose_output
from cnncli.randomness import stream
from cnncli.tasks.base import NOT_FINITE
from cnncli.trained.answers import are_finite

if TYPE_CHECKING:
    from cnncli.trained.model import Trained
    from cnncli.trained.sample import Sample

STEPS, ORDERS = 20, 10  # of a curve; random ones
DEVIATION = 5.0  # of the Gaussian that blurs, in pixels: as in the authors' code
CURVES = ("deletion", "insertion")


def choose_followed(trained: Trained, subject: Subject, method: Method) -> Target:
    """Return the output whose probability is followed: that of the subject, else the largest.

    Raises UsageError for a network without probabilities, and for maps of filters.
    """
    if not trained.task.has_confidence:
        raise UsageError(
            f"{setting('score')} follows a probability, and the {trained.task.plural} that this "
            "network answers with have none; leave it out"
        )
    if subject.layer is not None and "filter" in method.takes:
        raise UsageError(
            f"{setting('score')} follows an answer of the network, not {subject.layer}; "
            f"leave {setting('layer')} out"
        )
    return choose_output(trained, subject)


def score_map(
    trained: Trained, sample: Sample, target: Target, findings: AttributionFindings
) -> ScoreFindings:
    """Return both curves of the only map found for a sample, and those of random orders.

    Raises DataError where an answer on the way is not finite.
    """
    x, ranks = sample.input, -findings.values[0].ravel()
    random = stream(0, "score")
    orders = [np.argsort(ranks, kind="stable")]
    orders += [random.permutation(ranks.size) for _ in range(ORDERS)]
    counts = np.linspace(0, ranks.size, min(STEPS, ranks.size) + 1).round().astype(int)
    ways = ((x, np.zeros_like(x)), (_blur(x), x))
    logits = np.array(
        [
            [_change(trained, *way, [order[:count] for count in counts]) for order in orders]
            for way in ways
        ]
    )
    if not are_finite(logits):
        raise DataError(NOT_FINITE, place=sample.name)
    chances = trained.task.compute_chances(logits.reshape(-1, logits.shape[-1]))
    curves = chances[:, target.index].reshape(logits.shape[:-1]).astype(np.float32)
    fractions = (counts / ranks.size).astype(np.float32)
    areas = measure_area(curves, fractions)
    return ScoreFindings(
        findings.layer,
        CURVES,
        curves[:, 0],
        {
            "class": np.full(len(CURVES), target.label),
            "area": areas[:, 0],
            "random": areas[:, 1:].mean(axis=1),
            "random_min": areas[:, 1:].min(axis=1),
            "random_max": areas[:, 1:].max(axis=1),
            "fractions": np.tile(fractions, (len(CURVES), 1)),
            "orders": curves[:, 1:],
        },
        findings.method,
        target.label,
    )


def measure_area(curves: Array, fractions: Array) -> Array:
    """Return the area below curves (..., S + 1) at increasing fractions, by trapezoids."""
    middles = (curves[..., 1:] + curves[..., :-1]) / 2
    areas: Array = (middles * np.diff(fractions)).sum(axis=-1)
    return areas


def _change(trained: Trained, start: Array, end: Array, changed: list[NDArray[np.int64]]) -> Array:
    """Return the logits (S + 1, K) where some pixels of one input are those of another.

    `changed` are their numbers, row by row, for each step.
    """
    inputs = np.repeat(start[None], len(changed), axis=0)
    pixels = end.reshape(-1, end.shape[-1])
    for values, numbers in zip(inputs, changed, strict=True):
        values.reshape(pixels.shape)[numbers] = pixels[numbers]
    return trained.run(inputs)["logits"]


def _blur(x: Array) -> Array:
    """Return an input out of focus, in its shape."""
    blurred: Array = blur(as_image(x)[None], np.array([DEVIATION]), DEVIATION)
    return blurred.reshape(x.shape)
