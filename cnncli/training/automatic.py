"""The network for whoever names none."""

from __future__ import annotations

from cnncli.layers.base import Shape

BLOCK = (
    "two(n) = conv(n, 3, pad=1, bias=no) >> bn >> relu >> conv(n, 3, pad=1, bias=no) >> bn >> relu"
    " >> maxpool(2)\n"
)


def auto_architecture(input_shape: Shape, train_images: int) -> str:
    """Return an architecture text for images of this size and number.

    Blocks of two 3x3 convolutions with bn, halving the image until 2 to 6 pixels are left, twice as
    many filters from block to block; a larger start where there are many images to learn from, and
    a convolution of stride 2 in front of large images.
    """
    side = min(input_shape[0], input_shape[1])
    filters = 16 if train_images <= 5000 else 32
    stem = ""
    while side > 96:
        stem += f"conv({filters}, 3, 2, 1, bias=no) >> bn >> relu >> "
        side //= 2
    blocks: list[str] = []
    while side >= 4 and len(blocks) < 4 and (side > 6 or not blocks):
        blocks.append(f"two({filters * 2 ** len(blocks)})")
        side //= 2
    if not blocks:
        blocks = [f"conv({2 * filters}, 3, pad=1, bias=no) >> bn >> relu"]
    body = " >> ".join(blocks)
    return f"{BLOCK}{stem}{body} >> global_avgpool >> dropout(0.2) >> dense(classes)"
