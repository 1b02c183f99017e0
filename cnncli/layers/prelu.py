"""The activation that learns."""

from __future__ import annotations

from cnncli.kernels import elementwise as kernels
from cnncli.layers.arrays import flat
from cnncli.layers.base import (
    Example,
    Layer,
    Memory,
    Parameter,
    Passes,
    Setup,
    Shape,
    Site,
    declare_vector,
)
from cnncli.layers.fusing import Fusing


class Prelu(Layer, kind="prelu"):
    """x where positive, weight*x elsewhere, one weight per channel (He et al. 2015).

    arXiv:1502.01852. The weights begin at 0.25 and do not decay, both as in the paper.
    """

    family = "activation"
    backward_reads = frozenset({"x"})
    prefers = "he"

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (("prelu", (5, 4, 3)), ("prelu", (3, 2, 300)), ("prelu", (40,)), ("prelu", (9, 2)))

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        return {"weight": declare_vector(inputs[0][-1], "quarters")}

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        channels = inputs[0][-1]
        return Memory(scratch=kernels.row_sums_scratch_size(channels) if setup.training else 0)

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(dx_over_dy=True)

    def build(self, site: Site) -> Passes:
        channels = site.y.shape[-1]
        rows = site.y[0].size // channels
        x, y, weight, threads = flat(site.x[0]), flat(site.y), site.weights["weight"], site.threads

        def forward(n: int) -> None:
            kernels.prelu_forward(n * rows, channels, x, weight, y, threads)

        if site.gradients is None:
            return Passes(forward)
        dy, dx = flat(site.gradients.dy), flat(site.gradients.dx[0])
        dweight, scratch = site.gradients.weights.get("weight"), site.scratch

        def backward(n: int) -> None:
            if dweight is not None:
                kernels.prelu_weight_gradient(n * rows, channels, x, dy, dweight, scratch, threads)
            if dx.size:
                kernels.prelu_backward(n * rows, channels, x, weight, dy, dx, threads)

        return Passes(forward, backward)
