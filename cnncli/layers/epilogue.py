"""What runs behind a convolution's sums, inside its pass: bias, residual, relu; backward here."""

from __future__ import annotations

from cnncli.kernels import elementwise
from cnncli.layers.base import Pass, Site, flat, is_same


def epilogue_scratch(filters: int) -> int:
    """Return the floats that summing a bias gradient takes."""
    return int(elementwise.bias_scratch_size(filters))


def epilogue_backward(site: Site) -> Pass:
    """Return what leads dy back through relu, residual and bias; dy is changed in place."""
    assert site.dy is not None
    y, dy, dresidual = site.y.reshape(-1), site.dy.reshape(-1), flat(site.dresidual)
    dbias, relu = flat(site.gradients.get("bias")), site.activation == "relu"
    in_place = site.dresidual is not None and is_same(site.dresidual, site.dy)
    filters, each = site.y.shape[-1], site.y[0].size

    def backward(n: int) -> None:
        if dbias.size or relu:
            elementwise.bias_backward(
                n * each // filters, filters, y, dy, dbias, site.scratch, relu, site.threads
            )
        if dresidual.size and not in_place:
            elementwise.copy(n * each, dy, dresidual, site.threads)

    return backward
