"""A trained network made ready to answer, and its answers to a stream of images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.engine import Plan, Weights, images_together, normalize
from cnncli.engine.tiling import Tiled
from cnncli.graph import Graph
from cnncli.layers.base import Array, Setup
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.stream import Item

Images = NDArray[Any]  # uint8 (M, H, W, C) or float32 signals (M, L, C)
Normalize = Callable[[Images, NDArray[np.int64], Array], None]

MOST_IMAGES = 64  # per pass


class Answer(Value):
    """What a network says to one image, or why there is nothing to be said."""

    name: str
    logits: Array | None = None  # (classes,), or (H, W, classes) for every pixel
    pixels: Images | None = None  # (H, W, C), where every pixel gets an answer
    features: Array | None = None  # what the chosen layer answered
    error: str | None = None
    notice: str | None = None


def normalizer(scale: Sequence[float], shift: Sequence[float], threads: int = 1) -> Normalize:
    """Return what makes of images or signals and n indices the n inputs value*scale + shift."""
    factors, terms = np.array(scale, np.float32), np.array(shift, np.float32)

    def fill(images: Images, indices: NDArray[np.int64], out: Array) -> None:
        if images.dtype == np.uint8:
            normalize(images, indices, factors, terms, out, threads)
            return
        np.take(images, indices, axis=0, out=out, mode="clip")
        out *= factors
        out += terms

    return fill


def ready(
    graph: Graph,
    arrays: Mapping[str, Array],
    *,
    batch_size: int | None = None,
    threads: int = 1,
    conv_algo: str = "auto",
    latency: bool = False,
    keep: Collection[str] = (),
) -> Plan:
    """Return a plan with the weights of a model file, for as many images as are best together."""
    weights = Weights(graph)
    weights.load(dict(arrays))
    setup = Setup(batch_size or MOST_IMAGES, threads, conv_algo=conv_algo, latency=latency)
    return Plan(graph, weights, replace(setup, batch=images_together(graph, setup)), keep=keep)


def ready_for_any_size(
    graph: Graph,
    arrays: Mapping[str, Array],
    *,
    threads: int = 1,
    conv_algo: str = "auto",
    tile: tuple[int, int] | None = None,
) -> Tiled:
    """Return a network that answers for every pixel, with the weights of a model file."""
    weights = Weights(graph)
    weights.load(dict(arrays))
    return Tiled(graph, weights, Setup(1, threads, conv_algo=conv_algo), tile=tile)


def maps(tiled: Tiled, batches: Iterable[Sequence[Item]], fill: Normalize) -> Iterator[Answer]:
    """Yield an answer per item, in order, whose logits are those of every pixel."""
    for items in batches:
        for item in items:
            if item.pixels is None:
                reason = str(item.error).removeprefix(f"{item.name}: ")
                yield Answer(item.name, error=reason, notice=item.notice)
            else:
                logits = tiled(item.pixels, fill)
                yield Answer(item.name, logits=logits, pixels=item.pixels, notice=item.notice)


def answers(
    plan: Plan, batches: Iterable[Sequence[Item]], fill: Normalize, layer: str | None = None
) -> Iterator[Answer]:
    """Yield an answer per item, in order; with the values of a layer the plan keeps."""
    for items in batches:
        pixels = [item.pixels for item in items if item.pixels is not None]
        count = len(pixels)
        if count:
            fill(np.stack(pixels), np.arange(count), plan.input[:count])
            plan.forward(count)
        row = -1
        for item in items:
            if item.pixels is None:
                reason = str(item.error).removeprefix(f"{item.name}: ")
                yield Answer(item.name, error=reason, notice=item.notice)
                continue
            row += 1
            yield Answer(
                item.name,
                logits=plan.output[row],
                features=None if layer is None else plan.value(layer)[row],
                notice=item.notice,
            )
