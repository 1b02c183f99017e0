"""The convolution kernels against their float64 twins, on every instruction set of this CPU."""

from importlib import import_module

import numpy as np
import pytest
import reference_conv as reference
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_conv import Sizes

from cnncli.kernels import CHOICES
from cnncli.kernels.cpu import supported

ISAS = [isa for isa in CHOICES if supported(isa)]
CONVS = {isa: import_module(f"cnncli.kernels.{isa}.conv") for isa in ISAS}
FILLS = {"zero": 0, "reflect": 1, "edge": 2}
NONE = np.empty(0, np.float32)
UNIT = 2.0**-24  # half the distance between 1 and the next float32
PASSES = ("forward", "backward_data", "backward_weights")

every_isa = pytest.mark.parametrize("isa", ISAS)
every_pass = pytest.mark.parametrize("direction", PASSES)


def panels(z: Sizes, w):
    """Return weights (K, C/groups, R, S) in panels [groups][K/16][R][S][C][16]."""
    K, C = z.K // z.groups, z.C // z.groups
    count = -(-K // 16)
    packed = np.zeros((z.groups, count * 16, C, z.R, z.S), np.float32)
    packed[:, :K] = w.reshape(z.groups, K, C, z.R, z.S)
    packed = packed.reshape(z.groups, count, 16, C, z.R, z.S)
    return np.ascontiguousarray(packed.transpose(0, 1, 4, 5, 3, 2)).reshape(-1)


def from_panels(z: Sizes, packed):
    """Return the weights of panels, and what is in the lanes beyond the last filter."""
    K, C = z.K // z.groups, z.C // z.groups
    count = -(-K // 16)
    w = packed.reshape(z.groups, count, z.R, z.S, C, 16).transpose(0, 1, 5, 4, 2, 3)
    w = w.reshape(z.groups, count * 16, C, z.R, z.S)
    return w[:, :K].reshape(z.K, C, z.R, z.S), w[:, K:]


class Kernels:
    """One convolution on one instruction set; every output starts as NaN, as does the scratch."""

    def __init__(self, z: Sizes, isa=ISAS[0], threads=2, batch=None, scratch=None):
        self.z, self.conv = z, CONVS[isa]
        self.sizes = self.conv.Convolution(
            z.H, z.W, z.C, z.K, z.R, z.S, *z.stride, *z.pad, z.P, z.Q, *z.dilation, z.groups,
            FILLS[z.fill], batch or z.N, threads,
        )  # fmt: skip
        self.scratch = scratch
        if scratch is None:
            self.scratch = np.full(self.sizes.scratch_size, np.nan, np.float32)

    def forward(self, x, w, bias=NONE, relu=False):
        z = self.z
        y = np.full((len(x), z.P, z.Q, z.K), np.nan, np.float32)
        self.conv.conv_forward(
            self.sizes, len(x), flat(x), panels(z, w), bias, flat(y), self.scratch, relu
        )
        return y

    def backward_data(self, dy, w, bias=NONE, relu=False):
        z = self.z
        dx = np.full((len(dy), z.H, z.W, z.C), np.nan, np.float32)
        self.conv.conv_backward_data(
            self.sizes, len(dy), flat(dy), panels(z, w), bias, flat(dx), self.scratch, relu
        )
        return dx

    def backward_weights(self, x, dy):
        z = self.z
        size = self.conv.panel_size(z.K, z.C, z.R, z.S, z.groups)
        dw = np.full(size, np.nan, np.float32)
        self.conv.conv_backward_weights(self.sizes, len(x), flat(x), flat(dy), dw, self.scratch)
        dw, beyond = from_panels(z, dw)
        assert not beyond.any()
        return dw

    def run(self, direction, data):
        """Run one pass on (x, w, dy)."""
        x, w, dy = data
        arguments = {"forward": (x, w), "backward_data": (dy, w), "backward_weights": (x, dy)}
        return getattr(self, direction)(*arguments[direction])


def flat(array):
    return array.reshape(-1)


def shapes(z: Sizes):
    """Return the shapes of x, w and dy."""
    return (
        (z.N, z.H, z.W, z.C),
        (z.K, z.C // z.groups, z.R, z.S),
        (z.N, z.P, z.Q, z.K),
    )


def whole_numbers(z: Sizes, seed=0):
    """Return x, w and dy of small whole numbers, whose sums float32 keeps exactly."""
    random = np.random.default_rng(seed)
    return [random.integers(-4, 5, shape).astype(np.float32) for shape in shapes(z)]


def expected(z: Sizes, direction, data):
    x, w, dy = data
    if direction == "forward":
        return reference.conv_forward(z, x, w)
    if direction == "backward_data":
        return reference.conv_backward_data(z, dy, w)
    return reference.conv_backward_weights(z, x, dy)


def plain(N, H, C, K, R, stride=1, pad=None, **rest):
    """Return a square convolution, by default one that keeps the size."""
    pad = R // 2 if pad is None else pad
    P = (H + 2 * pad - R) // stride + 1
    return Sizes(N, H, H, C, K, R, R, P, P, (stride, stride), (pad, pad), **rest)


@st.composite
def axes(draw):
    """Return size, window, stride, pads, dilation and outputs of one axis."""
    window, stride, dilation = (draw(st.integers(1, most)) for most in (5, 3, 3))
    extent = (window - 1) * dilation + 1
    before, after = draw(st.integers(0, extent)), draw(st.integers(0, extent))
    fewest = max(1, extent - before - after)
    size = draw(st.integers(fewest, fewest + 16))
    fill = draw(st.sampled_from(["zero", "zero", "reflect", "edge"]))
    if fill == "reflect":
        before, after = min(before, size - 1), min(after, size - 1)
        size = max(size, extent - before - after)
    outputs = (size + before + after - extent) // stride + 1
    return size, window, stride, before, dilation, outputs


@st.composite
def convolutions(draw):
    """Return sizes of all kinds, small enough for the slow twin."""
    H, R, sh, pt, dh, P = draw(axes())
    W, S, sw, pl, dw, Q = draw(axes())
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    C = groups * draw(st.sampled_from([1, 2, 3, 5, 8, 15, 16, 17, 33, 40]))
    K = groups * draw(st.sampled_from([1, 2, 6, 15, 16, 17, 32, 33, 50]))
    fill = draw(st.sampled_from(["zero", "zero", "reflect", "edge"]))
    z = Sizes(draw(st.integers(1, 3)), H, W, C, K, R, S, P, Q, (sh, sw), (pt, pl), (dh, dw),
              groups, fill)  # fmt: skip
    after = [pair[1] for pair in reference.padding(z)[1:3]]
    if fill == "reflect" and (max(pt, after[0]) >= H or max(pl, after[1]) >= W):
        return Sizes(**{**vars(z), "fill": "edge"})
    return z


@every_pass
@settings(max_examples=150, deadline=None)
@given(z=convolutions(), isa=st.sampled_from(ISAS), threads=st.integers(1, 3))
def test_whole_numbers_come_out_exactly(direction, z, isa, threads):
    data = whole_numbers(z)
    found = Kernels(z, isa, threads).run(direction, data)
    np.testing.assert_array_equal(found, expected(z, direction, data))
