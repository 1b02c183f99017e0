"""What runs behind a layer's own sums, inside its pass: bias, residual, activation."""

from __future__ import annotations

from cnncli.kernels import elementwise
from cnncli.layers.arrays import begin_together, flat
from cnncli.layers.base import Gradients, Pass, Setup, Site
from cnncli.layers.fusing import ACTIVATIONS, Part


def list_activations(setup: Setup) -> frozenset[Part]:
    """Return the activations that the kernels of filters run; those backward know relu alone."""
    return frozenset({"relu"} if setup.backward else ACTIVATIONS)


def count_epilogue_scratch(channels: int) -> int:
    """Return the floats that the backward pass of an epilogue works in."""
    return int(elementwise.bias_scratch_size(channels))


def build_epilogue_backward(site: Site, gradients: Gradients) -> Pass:
    """Return what leads dy back through relu, residual and bias; dy is changed in place."""
    y, dy, dresidual = site.y.reshape(-1), flat(gradients.dy), flat(gradients.residual)
    dbias, relu = flat(gradients.weights.get("bias")), bool(site.epilogue.activation)
    copies = dresidual.size and not begin_together(dresidual, dy)
    channels, size = site.y.shape[-1], site.y[0].size

    def backward(n: int) -> None:
        if dbias.size or relu:
            elementwise.bias_backward(
                n * size // channels, channels, y, dy, dbias, site.scratch, relu, site.threads
            )
        if copies:
            elementwise.copy(n * size, dy, dresidual, site.threads)

    return backward
