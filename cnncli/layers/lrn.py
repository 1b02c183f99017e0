"""Local response normalization, of the networks of 2012 to 2014."""

from __future__ import annotations

from cnncli.errors import ArchitectureError
from cnncli.kernels import elementwise as kernels
from cnncli.layers.arrays import flat
from cnncli.layers.base import Example, Layer, Memory, Passes, Setup, Shape, Site, volume
from cnncli.layers.fusing import Fusing
from cnncli.layers.geometry import check_image
from cnncli.settings import COUNT, POSITIVE, setting


class Lrn(Layer, kind="lrn"):
    """x over (k + alpha * mean of the squares of `size` neighboring channels) ^ beta.

    Local response normalization (Krizhevsky et al. 2012, section 3.3), with the settings of
    PyTorch and ONNX: beyond the first and the last channel there are zeros, which count in the
    mean.
    """

    size: int = setting(COUNT, 5)
    alpha: float = setting(POSITIVE, 1e-4)
    beta: float = setting(POSITIVE, 0.75)
    k: float = setting(POSITIVE, 1.0)

    family = "norm"
    backward_reads = frozenset({"x"})

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            ("lrn", (4, 3, 7)),
            ("lrn(3, 2, 0.5, 1.5)", (3, 4, 9)),
            ("lrn(7, 1.5)", (6, 3)),
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        check_image(inputs[0])
        if self.size % 2 == 0:
            raise ArchitectureError(
                f"its size is {self.size}; use an odd one, with a channel in the middle"
            )
        return inputs[0]

    def memory(self, setup: Setup, *inputs: Shape) -> Memory:
        return Memory(scratch=setup.batch * volume(inputs[0]) if setup.backward else 0)

    def fusing(self, setup: Setup, *inputs: Shape) -> Fusing:
        return Fusing(dx_over_dy=True)

    def build(self, site: Site) -> Passes:
        channels = site.y.shape[-1]
        rows = site.y[0].size // channels
        figures = channels, self.size, self.alpha, self.beta, self.k
        x, y, threads = flat(site.x[0]), flat(site.y), site.threads

        def forward(n: int) -> None:
            kernels.lrn_forward(n * rows, *figures, x, y, threads)

        if site.gradients is None:
            return Passes(forward)
        dy, dx, scratch = flat(site.gradients.dy), flat(site.gradients.dx[0]), site.scratch

        def backward(n: int) -> None:
            kernels.lrn_backward(n * rows, *figures, x, dy, scratch, dx, threads)

        return Passes(forward, backward)
