"""The network for whoever names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncli import presets
from cnncli.augment.presets import MOVES
from cnncli.graph import Graph, build_graph
from cnncli.layers.base import Shape
from cnncli.model_file import check_savable
from cnncli.notation import parse

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData
    from cnncli.tasks import Task

PAIR = (
    "two(n) = conv(n, 3, pad=1, bias=no) >> bn >> relu >> conv(n, 3, pad=1, bias=no) >> bn >> relu"
)
BLOCK = f"{PAIR} >> maxpool(2)\n"
SIGNAL_BLOCK = f"{PAIR} >> maxpool(4)\n"

FEW = 5000  # samples: a set so small that a network has to be held back


def build_network(text: str, data: TrainingData) -> Graph:
    """Return the network of an architecture text on the shape of the data.

    Raises ArchitectureError for a text that does not fit the data, their task or a model file.
    """
    shape, classes = data.preprocessing.input_shape, list(data.task.outputs)
    graph = build_graph(parse(text, len(classes)), shape)
    check_savable(graph.text, shape, classes)
    data.task.check(graph)
    data.task.check_to_train(graph)
    return graph


def design_network(data: TrainingData) -> str:
    """Return the text of a network for whoever names none, by the shape and number of samples."""
    input_shape, samples = data.preprocessing.input_shape, len(data.train)
    if len(data.task.output_shape(input_shape)) > 1:
        return design_map_network(input_shape)
    if len(input_shape) == 2:
        return design_signal_classifier(input_shape[0], samples)
    if samples > FEW and data.task.name == "classify" and _is_small_and_in_color(input_shape):
        # Not mirrored: what is right for photos is wrong for digits and letters.
        return presets.get("quick32").text.replace("altflip, ", "")
    return design_classifier(input_shape, samples)


def _is_small_and_in_color(input_shape: Shape) -> bool:
    return input_shape[2] == 3 and all(24 <= side <= 48 for side in input_shape[:2])


def choose_augmentation(task: Task, input_shape: Shape, samples: int) -> str:
    """Return the augmentation for whoever names none: small moves of few gray images with classes.

    Smaller images than 16 pixels are left alone, whose moves are parts of a pixel. So are images in
    color: of 2,000 photos of CIFAR-10 the default training gets 58.5 % right without moves, and
    56.5 % with them.
    """
    gray = len(input_shape) == 3 and input_shape[2] == 1 and min(input_shape[:2]) >= 16
    return MOVES if gray and samples <= FEW and task.name == "classify" else "none"


def design_map_network(input_shape: Shape) -> str:
    """Return the text of a U-Net (Ronneberger et al. 2015, arXiv:1505.04597) for such tiles.

    16 filters at the top, twice as many from level to level, at most three levels below it.
    """
    depth = 0
    while depth < 3 and all(side % 2 ** (depth + 1) == 0 for side in input_shape[:2]):
        depth += 1
    if not depth:
        return f"{PAIR}\ntwo(16) >> two(16) >> conv(classes, 1)"
    lines = [PAIR]
    below = ""
    for level in range(depth, 0, -1):
        filters = 16 * 2**level
        inside = f" >> (id | {below}) >> two({filters})" if below else ""
        name = f"level{level}"
        up = f"deconv({filters // 2}, 2, 2)"
        lines.append(f"{name} = maxpool(2) >> two({filters}){inside} >> {up}")
        below = name
    lines.append(f"two(16) >> (id | {below}) >> two(16) >> conv(classes, 1)")
    return "\n".join(lines)


def design_classifier(input_shape: Shape, images: int) -> str:
    """Return the text of a network for this many images of this size.

    Blocks of two 3x3 convolutions with bn, halving the image until 2 to 6 pixels are left, twice as
    many filters from block to block; a larger start where there are many images to learn from, more
    dropout where there are few, and a convolution of stride 2 in front of large images.
    """
    side = min(input_shape[0], input_shape[1])
    filters, dropout = (24, 0.3) if images <= FEW else (32, 0.2)
    stem = ""
    while side > 96:
        stem += f"conv({filters}, 3, 2, 1, bias=no) >> bn >> relu >> "
        side //= 2
    blocks: list[str] = []
    while side >= 4 and len(blocks) < 4 and (side > 6 or not blocks):
        blocks.append(f"two({filters * 2 ** len(blocks)})")
        side //= 2
    return BLOCK + _end_classifier(stem, blocks, filters, dropout)


def design_signal_classifier(length: int, signals: int) -> str:
    """Return the text of a network for this many signals of this length.

    The first convolution sees 64 samples and moves by 4 where signals are long (as in the M
    networks of Dai et al. 2017, arXiv:1610.00087); then blocks of two convolutions with bn, each
    followed by a pool that quarters the length, twice as many filters from block to block.
    """
    filters = 16 if signals <= 1000 else 32
    stem = ""
    if length >= 1024:
        stem = f"conv({filters}, 64, 4, 32, bias=no) >> bn >> relu >> maxpool(4) >> "
        length //= 16
    blocks: list[str] = []
    while length >= 8 and len(blocks) < 4:
        blocks.append(f"two({filters * 2 ** len(blocks)})")
        length //= 4
    return SIGNAL_BLOCK + _end_classifier(stem, blocks, filters)


def _end_classifier(stem: str, blocks: list[str], filters: int, dropout: float = 0.2) -> str:
    """Return a network of these blocks, or of a convolution where there is no room for any."""
    body = " >> ".join(blocks or [f"conv({2 * filters}, 3, pad=1, bias=no) >> bn >> relu"])
    return f"{stem}{body} >> global_avgpool >> dropout({dropout}) >> dense(classes)"
