"""The depthwise kernels against the float64 twins of convolutions with a group per channel."""

import numpy as np
import pytest
import reference_conv as reference
from activations import activate
from fence import ISA_PARAMETERS, ISAS, kernel_modules
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import whole_normal
from reference_conv import Sizes, expected, fractions, whole_numbers

MODULES = kernel_modules("depthwise")
NONE = np.empty(0, np.float32)
UNIT = 2.0**-24  # half the distance between 1 and the next float32
PASSES = ("forward", "backward_data", "backward_weights")

every_isa = pytest.mark.parametrize("isa", ISA_PARAMETERS)
every_pass = pytest.mark.parametrize("direction", PASSES)


class Output:
    """An array of NaN to write to, between two others that must stay as they are."""

    def __init__(self, *shape):
        self.all = np.full(int(np.prod(shape)) + 128, np.nan, np.float32)
        self.all[:64] = self.all[-64:] = 7
        self.flat = self.all[64:-64]
        self.shape = shape

    def result(self):
        assert (self.all[:64] == 7).all()
        assert (self.all[-64:] == 7).all()
        return self.flat.reshape(self.shape)


def run(z: Sizes, direction, data, isa=ISAS[0], threads=2, bias=NONE, activation=0, normal=None):
    """Run one pass on (x, w, dy)."""
    x, w, dy = data
    kernels = MODULES[isa]
    weight = flat(w[:, 0].transpose(1, 2, 0))
    sizes = kernels.Depthwise(
        z.H, z.W, z.C, z.R, z.S, *z.stride, *z.pad, z.P, z.Q, *z.dilation, threads
    )
    scratch = Output(sizes.scratch_size)
    if direction == "forward":
        y = Output(*dy.shape)
        forward = kernels.Forward(
            sizes, flat(x), weight, bias, y.flat, scratch.flat, activation, normal
        )
        forward(len(x))
        scratch.result()
        return y.result()
    if direction == "backward_data":
        dx = Output(*x.shape)
        kernels.BackwardData(sizes, flat(dy), weight, dx.flat)(len(x))
        return dx.result()
    dw = Output(z.R, z.S, z.C)
    kernels.depthwise_backward_weights(
        sizes, len(x), flat(x), flat(dy), dw.flat, scratch.flat, normal
    )
    scratch.result()
    return dw.result().transpose(2, 0, 1)[:, None]


def flat(array):
    return np.ascontiguousarray(array).reshape(-1)


def square(N, H, C, R=3, stride=1):
    """Return a square convolution that keeps the size but for its stride."""
    P = (H + 2 * (R // 2) - R) // stride + 1
    return Sizes(N, H, H, C, C, R, R, P, P, (stride, stride), (R // 2, R // 2), groups=C)


LARGE = {
    "many slabs": square(2, 70, 40),
    "small images": square(40, 4, 42),
    "one channel": square(3, 30, 1),
    "a wide window": square(2, 21, 17, 9),
    "a stride": square(2, 41, 33, 3, 2),
    "a stride and an even side": square(2, 32, 16, 3, 2),
    "no padding": Sizes(2, 9, 12, 20, 20, 3, 3, 7, 10, (1, 1), (0, 0), groups=20),
    "a signal": Sizes(1, 1, 900, 20, 20, 1, 5, 1, 900, (1, 1), (0, 40), (1, 10), 20),
}
every_large = pytest.mark.parametrize("z", LARGE.values(), ids=LARGE)


@st.composite
def axes(draw):
    """Return size, window, stride, pad before, dilation and outputs of one axis."""
    window, stride, dilation = (draw(st.integers(1, most)) for most in (7, 3, 3))
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
    C = draw(st.sampled_from([1, 2, 3, 4, 7, 8, 12, 15, 16, 17, 24, 42]))
    N = draw(st.integers(1, 3))
    return Sizes(N, H, W, C, C, R, S, P, Q, (sh, sw), (pt, pl), (dh, dw), C)


@every_pass
@settings(max_examples=150, deadline=None)
@given(z=convolutions(), isa=st.sampled_from(ISAS), threads=st.integers(1, 3))
def test_whole_numbers_come_out_exactly(direction, z, isa, threads):
    data = whole_numbers(z)
    found = run(z, direction, data, isa, threads)
    np.testing.assert_array_equal(found, expected(z, direction, data))


@pytest.mark.parametrize("direction", ["forward", "backward_weights"])
@settings(max_examples=100, deadline=None)
@given(z=convolutions(), isa=st.sampled_from(ISAS), threads=st.integers(1, 3))
def test_what_is_read_can_be_normalized_but_not_its_padding(direction, z, isa, threads):
    x, w, dy = whole_numbers(z)
    normal, normalized = whole_normal(z.C)
    found = run(z, direction, (x, w, dy), isa, threads, normal=normal)
    np.testing.assert_array_equal(found, expected(z, direction, (normalized(x), w, dy)))


@every_pass
@every_large
def test_whole_numbers_come_out_exactly_where_work_is_cut_up(direction, z):
    data = whole_numbers(z)
    wanted = expected(z, direction, data)
    assert np.mean(wanted != 0) > 0.5
    for isa in ISAS:
        np.testing.assert_array_equal(run(z, direction, data, isa), wanted)


@every_isa
@every_pass
@every_large
@pytest.mark.parametrize(("positive", "bound"), [(False, 8), (True, 16)])
def test_rounding_errors_stay_small(direction, isa, z, positive, bound):
    data = fractions(z, positive)
    error = np.abs(run(z, direction, data, isa) - expected(z, direction, data))
    assert (error <= bound * UNIT * expected(z, direction, [np.abs(a) for a in data])).all()


@every_pass
@every_large
def test_any_number_of_threads_gives_the_same_bits(direction, z):
    data = fractions(z)
    one, two, three = (run(z, direction, data, threads=threads) for threads in (1, 2, 3))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, three)


@every_isa
@pytest.mark.parametrize("direction", PASSES[:2])
@every_large
def test_an_image_comes_out_the_same_alone_and_in_any_batch(direction, z, isa):
    x, w, dy = fractions(z)
    together = run(z, direction, (x, w, dy), isa)
    alone = run(z, direction, (x[-1:], w, dy[-1:]), isa)
    np.testing.assert_array_equal(together[-1:], alone)


@every_isa
@pytest.mark.parametrize("C", [3, 16, 42])
@pytest.mark.parametrize("R", [3, 5])
def test_forward_adds_a_bias_and_then_cuts_off_what_is_negative(R, C, isa):
    z = square(2, 9, C, R)
    x, w, dy = whole_numbers(z)
    bias = np.arange(C, dtype=np.float32) * 3 - 20
    found = run(z, "forward", (x, w, dy), isa, bias=bias, activation=1)
    np.testing.assert_array_equal(found, np.maximum(reference.conv_forward(z, x, w, bias), 0))


@every_isa
@pytest.mark.parametrize("activation", [2, 3])
@pytest.mark.parametrize("R", [3, 5])
def test_forward_activates_as_a_layer_behind_it_does(R, activation, isa):
    x, w, dy = whole_numbers(z := square(2, 9, 20, R))
    x[0, 2, 2, 0] = np.nan
    data = (x, w / 8, dy)
    found = run(z, "forward", data, isa, activation=activation)
    assert found.tobytes() == activate(run(z, "forward", data, isa), activation, isa).tobytes()


@every_isa
def test_a_value_that_is_not_a_number_stays_one_through_relu(isa):
    z = square(1, 5, 20)
    x, w, dy = whole_numbers(z)
    x[0, 2, 2, 7] = np.nan
    y = run(z, "forward", (x, w, dy), isa, activation=1)[0]
    assert np.isnan(y[1:4, 1:4, 7]).all()
    assert not np.isnan(y[..., :7]).any()


def test_no_images_give_no_outputs_and_a_gradient_of_zeros():
    z = square(2, 5, 20)
    x, w, dy = whole_numbers(z)
    none = (x[:0], w, dy[:0])
    assert run(z, "forward", none).shape == (0, 5, 5, 20)
    assert run(z, "backward_data", none).shape == (0, 5, 5, 20)
    assert not run(z, "backward_weights", none).any()
