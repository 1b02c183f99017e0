"""Transposed convolution: the backward pass of a convolution, used forward to enlarge."""

from __future__ import annotations

from typing import Any

from cnncli.errors import ArchitectureError
from cnncli.kernels import conv as kernels
from cnncli.layers.base import Layer, Parameter, Pass, Reach, Setup, Shape, Site, plain
from cnncli.layers.conv import check_groups, convolution, passes, scratch_of
from cnncli.layers.geometry import Windows, need_image, per_axis, with_channels
from cnncli.layers.panels import panelled
from cnncli.settings import COUNT, PADDING, SIZE, SWITCH, Padding, Size, setting


class Deconv(Layer, kind="deconv"):
    """Transposed convolution: each input pixel stamps its filters onto a larger image.

    x (H, W, C) -> y (P, Q, K) with P = (H - 1)*stride - 2*pad + dilation*(size - 1) + 1; with
    pad=same P = H*stride. The adjoint of the convolution that leads from y back to x
    (Dumoulin & Visin 2016, arXiv:1603.07285, section 4).
    """

    filters: int = setting(COUNT)
    size: Size = setting(SIZE)
    stride: Size = setting(SIZE, (1,))
    pad: Padding = setting(PADDING, (0,))
    dilation: Size = setting(SIZE, (1,))
    groups: int = setting(COUNT, 1)
    bias: bool = setting(SWITCH, True)

    accepts = frozenset({"relu"})
    backward_reads = frozenset({"x"})
    adds_residual = True
    adds_to_dx = True

    def windows(self, x: Shape) -> Windows:
        """Return the windows of the adjoint convolution, whose output is this layer's input."""
        need_image(x)
        if self.pad == "causal":
            raise ArchitectureError("deconv has no causal padding; use a number or same")
        image = (1, x[0]) if len(x) == 2 else (x[0], x[1])
        size, stride = per_axis(self.size, x, 1), per_axis(self.stride, x, 1)
        dilation = per_axis(self.dilation, x, 1)
        output, before = [], []
        for axis, length in enumerate(image):
            span = dilation[axis] * (size[axis] - 1) + 1
            if self.pad == "same":
                output.append(length * stride[axis])
                before.append(max(0, span - stride[axis]) // 2)
            else:
                pad = per_axis(self.pad, x, 0)[axis]
                output.append((length - 1) * stride[axis] + span - 2 * pad)
                before.append(pad)
        if min(output) < 1:
            raise ArchitectureError(
                f"its padding of {max(before)} leaves nothing of its output; use a smaller pad"
            )
        return Windows(
            (output[0], output[1]), size, stride, (before[0], before[1]), image, dilation
        )

    def output_shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        output = self.windows(x).input
        check_groups(x[-1], self.filters, self.groups)
        return with_channels(x, output, self.filters)

    def parameters(self, *inputs: Shape) -> dict[str, Parameter]:
        (x,) = inputs
        rows, columns = self.windows(x).size
        each, area = self.filters // self.groups, rows * columns
        shape = (x[-1], each, rows, columns)
        fan_in = x[-1] // self.groups * area
        found = {"weight": panelled(shape, self.groups, fan_in, each * area)}
        if self.bias:
            found["bias"] = plain(self.filters, "zeros")
        return found

    def macs(self, *inputs: Shape) -> int:
        (x,) = inputs
        found = self.windows(x)
        positions = found.output[0] * found.output[1]
        return positions * x[-1] * (self.filters // self.groups) * found.size[0] * found.size[1]

    def reach(self, *inputs: Shape) -> Reach:
        found = self.windows(inputs[0])
        axes = tuple(zip(found.span, found.stride, found.before, strict=True))
        rows, columns = (-(-span // step) for span, step, _ in axes)
        above, left = (max(0, -((pad + 1 - span) // step)) for span, step, pad in axes)
        below, right = (-(-pad // step) for _, step, pad in axes)
        return Reach(
            window=(rows, columns), finer=found.stride, before=(above, left), after=(below, right)
        )

    def scratch_size(self, setup: Setup, *inputs: Shape) -> int:
        adjoint = self._adjoint(setup, inputs[0])
        return scratch_of(setup, adjoint, adjoint.data_scratch, self.filters)

    def writes_within(self, setup: Setup, *inputs: Shape) -> bool:
        return True

    def _adjoint(self, setup: Setup, x: Shape) -> Any:
        return convolution(setup, self.windows(x), self.filters, x[-1], self.groups, "zero")

    def build(self, site: Site) -> tuple[Pass, Pass | None]:
        adjoint = self._adjoint(site.setup, site.x[0].shape[1:])
        return passes(site, adjoint, kernels.BackwardData, kernels.Forward)
