"""The depthwise kernels against the float64 twins of convolutions with a group per channel."""

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
MODULES = {isa: import_module(f"cnncli.kernels.{isa}.depthwise") for isa in ISAS}
NONE = np.empty(0, np.float32)
UNIT = 2.0**-24  # half the distance between 1 and the next float32
PASSES = ("forward", "backward_data", "backward_weights")

every_isa = pytest.mark.parametrize("isa", ISAS)
every_pass = pytest.mark.parametrize("direction", PASSES)


def run(z: Sizes, direction, data, isa=ISAS[0], threads=2, bias=NONE, relu=False):
    """Run one pass on (x, w, dy) with every output, and the scratch, full of NaN before."""
    x, w, dy = data
    kernels = MODULES[isa]
    panels = np.ascontiguousarray(w[:, 0].transpose(1, 2, 0)).reshape(-1)
    sizes = (len(x), z.H, z.W, z.C, z.P, z.Q, z.R, z.S, *z.stride, *z.pad, *z.dilation)
    if direction == "forward":
        y = np.full((len(x), z.P, z.Q, z.C), np.nan, np.float32)
        kernels.depthwise_forward(*sizes, flat(x), panels, bias, flat(y), relu, threads)
        return y
    if direction == "backward_data":
        dx = np.full(x.shape, np.nan, np.float32)
        kernels.depthwise_backward_data(*sizes, flat(dy), panels, flat(dx), threads)
        return dx
    dw = np.full(panels.size, np.nan, np.float32)
    scratch = np.full(kernels.depthwise_scratch_size(z.R, z.S, z.C), np.nan, np.float32)
    kernels.depthwise_backward_weights(*sizes, flat(x), flat(dy), dw, scratch, threads)
    return dw.reshape(z.R, z.S, z.C).transpose(2, 0, 1)[:, None]


def flat(array):
    return array.reshape(-1)


def shapes(z: Sizes):
    """Return the shapes of x, w and dy."""
    return (z.N, z.H, z.W, z.C), (z.C, 1, z.R, z.S), (z.N, z.P, z.Q, z.C)


def whole_numbers(z: Sizes):
    """Return x, w and dy of small whole numbers, whose sums float32 keeps exactly."""
    random = np.random.default_rng(0)
    return [random.integers(-4, 5, shape).astype(np.float32) for shape in shapes(z)]


def expected(z: Sizes, direction, data):
    x, w, dy = data
    if direction == "forward":
        return reference.conv_forward(z, x, w)
    if direction == "backward_data":
        return reference.conv_backward_data(z, dy, w)
    return reference.conv_backward_weights(z, x, dy)


def plain(N, H, C, R=3, stride=1):
    """Return a square convolution that keeps the size but for its stride."""
    P = (H + 2 * (R // 2) - R) // stride + 1
    return Sizes(N, H, H, C, C, R, R, P, P, (stride, stride), (R // 2, R // 2), groups=C)


@st.composite
def axes(draw):
    """Return size, window, stride, pad, dilation and outputs of one axis."""
    window, stride, dilation = (
        draw(st.integers(1, 7)),
        draw(st.integers(1, 3)),
        draw(st.integers(1, 3)),
    )
    extent = (window - 1) * dilation + 1
    before, after = draw(st.integers(0, extent)), draw(st.integers(0, extent))
    fewest = max(1, extent - before - after)
    size = draw(st.integers(fewest, fewest + 20))
    return size, window, stride, before, dilation, (size + before + after - extent) // stride + 1


@st.composite
def convolutions(draw):
    """Return sizes of all kinds, small enough for the slow twin."""
    H, R, sh, pt, dh, P = draw(axes())
    W, S, sw, pl, dw, Q = draw(axes())
    C = draw(st.sampled_from([1, 2, 3, 4, 7, 8, 15, 16, 17, 24, 42]))
    N = draw(st.integers(1, 3))
    return Sizes(N, H, W, C, C, R, S, P, Q, (sh, sw), (pt, pl), (dh, dw), C)


@every_pass
@settings(max_examples=100, deadline=None)
@given(z=convolutions(), isa=st.sampled_from(ISAS), threads=st.integers(1, 3))
def test_whole_numbers_come_out_exactly(direction, z, isa, threads):
    data = whole_numbers(z)
    found = run(z, direction, data, isa, threads)
    np.testing.assert_array_equal(found, expected(z, direction, data))
