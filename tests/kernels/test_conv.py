"""The convolution kernels against their float64 twins, on every instruction set of this CPU."""

from dataclasses import replace

import numpy as np
import pytest
import reference_conv as reference
from activations import activate
from fence import ISA_PARAMETERS, ISAS, apart, kernel_modules
from hypothesis import given, settings
from hypothesis import strategies as st
from pools import maxpool
from reference import whole_normal
from reference_conv import Sizes, expected, fractions, whole_numbers

from cnncli.layers.panels import declare_conv_weight

CONVS = kernel_modules("conv")
FILLS = {"zero": 0, "reflect": 1, "edge": 2}
NONE = np.empty(0, np.float32)
UNIT = 2.0**-24  # half the distance between 1 and the next float32
PASSES = ("forward", "backward_data", "backward_weights")
BOTH = PASSES[:2]

every_isa = pytest.mark.parametrize("isa", ISA_PARAMETERS)
every_pass = pytest.mark.parametrize("direction", PASSES)


def panels(z: Sizes, w):
    """Return weights (K, C/groups, R, S) in panels."""
    return declare_conv_weight(w.shape, z.groups, 1, 1).pack(w)


def from_panels(z: Sizes, packed):
    """Return the weights of panels, and what is in the lanes beyond the last filter."""
    shape = (z.K, z.C // z.groups, z.R, z.S)
    parameter = declare_conv_weight(shape, z.groups, 1, 1)
    used = parameter.pack(np.ones(shape, np.float32))
    return parameter.unpack(packed, shape), packed[used == 0]


class Output:
    """An array of NaN to write to, between two others that must stay as they are."""

    def __init__(self, *shape):
        size = int(np.prod(shape))
        self.all = np.full(size + 128, np.nan, np.float32)
        self.all[:64] = self.all[-64:] = 7
        self.flat = self.all[64:-64]
        self.shape = shape

    def result(self):
        assert (self.all[:64] == 7).all()
        assert (self.all[-64:] == 7).all()
        return self.flat.reshape(self.shape)


class Kernels:
    """One convolution on one instruction set, with a scratch full of NaN."""

    def __init__(self, z: Sizes, isa=ISAS[0], threads=2, batch=None, pools=False):
        self.z, self.conv, self.pools = z, CONVS[isa], pools
        self.sizes = self.conv.Convolution(
            z.H, z.W, z.C, z.K, z.R, z.S, *z.stride, *z.pad, z.P, z.Q, *z.dilation, z.groups,
            FILLS[z.fill], batch or z.N, threads, pools,
        )  # fmt: skip
        self.scratch = np.full(self.sizes.scratch_size, np.nan, np.float32)

    def forward(self, x, w, bias=NONE, activation=0, residual=NONE, normal=None):
        each = 2 if self.pools else 1
        y = Output(len(x), self.z.P // each, self.z.Q // each, self.z.K)
        y.flat[: residual.size] = flat(residual)
        self.conv.Forward(
            self.sizes, flat(x), panels(self.z, w), bias, y.flat[: residual.size], y.flat,
            self.scratch, activation, normal=normal,
        )(len(x))  # fmt: skip
        return y.result()

    def backward_data(self, dy, w, bias=NONE, activation=0, residual=NONE):
        dx = Output(len(dy), self.z.H, self.z.W, self.z.C)
        dx.flat[: residual.size] = flat(residual)
        self.conv.BackwardData(
            self.sizes, flat(dy), panels(self.z, w), bias, dx.flat[: residual.size], dx.flat,
            self.scratch, activation,
        )(len(dy))  # fmt: skip
        return dx.result()

    def backward_weights(self, x, dy, normal=None):
        z = self.z
        dw = Output(self.conv.panel_size(z.K, z.C, z.R, z.S, z.groups))
        self.conv.conv_backward_weights(
            self.sizes, len(x), flat(x), flat(dy), dw.flat, self.scratch, normal
        )
        dw, beyond = from_panels(z, dw.result())
        assert not beyond.any()
        return dw

    def run(self, direction, data):
        """Run one pass on (x, w, dy)."""
        x, w, dy = data
        arguments = {"forward": (x, w), "backward_data": (dy, w), "backward_weights": (x, dy)}
        return getattr(self, direction)(*arguments[direction])


def flat(array):
    return np.ascontiguousarray(array).reshape(-1)


def square(N, H, C, K, R, stride=1, pad=None, **rest):
    """Return a square convolution, by default one that keeps the size."""
    pad = R // 2 if pad is None else pad
    P = (H + 2 * pad - R) // stride + 1
    return Sizes(N, H, H, C, K, R, R, P, P, (stride, stride), (pad, pad), **rest)


def signal(N, L, C, K, S, dilation=1):
    """Return a causal convolution of a signal."""
    pad = (0, (S - 1) * dilation)
    return Sizes(N, 1, L, C, K, 1, S, 1, L, (1, 1), pad, (1, dilation))


LARGE = {
    "several slabs of rows": square(2, 60, 70, 40, 3),
    "several slabs of columns": signal(1, 3000, 80, 33, 5, 100),
    "several images in a slab": square(9, 4, 48, 64, 3),
    "several chunks of channels": square(2, 5, 600, 40, 3),
    "several chunks of filters": square(2, 5, 40, 600, 3),
    "a large gradient": square(3, 6, 200, 170, 3),
    "a window of many chains": square(1, 9, 33, 20, 9),
    "pixels in one row": square(3, 30, 90, 70, 1),
    "a dense layer": square(70, 1, 700, 100, 1),
    "a large dense layer": square(2, 1, 1100, 300, 1),
    "few channels and filters": square(3, 28, 1, 6, 5, pad=0),
    "a strided first layer": square(1, 60, 3, 64, 7, 2),
    "a waveform": signal(2, 2000, 1, 24, 80),
    "patches": square(2, 48, 3, 40, 16, 16, 0),
    "a strided bottleneck": square(2, 20, 80, 64, 1, 2),
    "groups": square(2, 20, 96, 144, 3, groups=3),
    "one row, one column": Sizes(2, 1, 1, 20, 40, 3, 3, 1, 1, (1, 1), (1, 1)),
    "a repeated edge": square(3, 21, 20, 24, 5, fill="edge"),
    "a reflection": square(3, 21, 20, 24, 5, fill="reflect"),
}
every_large = pytest.mark.parametrize("z", LARGE.values(), ids=LARGE)
SOME = ("several slabs of rows", "several images in a slab", "a large gradient", "a dense layer")
some_large = pytest.mark.parametrize("z", [LARGE[name] for name in SOME], ids=SOME)


@st.composite
def axes(draw):
    """Return size, window, stride, pad before, dilation and outputs of one axis."""
    window, stride, dilation = (draw(st.integers(1, most)) for most in (5, 3, 3))
    extent = (window - 1) * dilation + 1
    before, after = draw(st.integers(0, extent)), draw(st.integers(0, extent))
    fewest = max(1, extent - before - after)
    size = draw(st.integers(fewest, fewest + 16))
    return size, window, stride, before, dilation, (size + before + after - extent) // stride + 1


@st.composite
def convolutions(draw):
    """Return sizes of all kinds, small enough for the slow twin."""
    H, R, sh, pt, dh, P = draw(axes())
    W, S, sw, pl, dw, Q = draw(axes())
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    C = groups * draw(st.sampled_from([1, 2, 3, 4, 5, 8, 15, 16, 17, 33, 40]))
    K = groups * draw(st.sampled_from([1, 2, 6, 8, 9, 15, 16, 17, 24, 25, 32, 33, 50]))
    fill = draw(st.sampled_from(["zero", "zero", "reflect", "edge"]))
    z = Sizes(draw(st.integers(1, 3)), H, W, C, K, R, S, P, Q, (sh, sw), (pt, pl), (dh, dw),
              groups, fill)  # fmt: skip
    _, below, right, _ = (after for _, after in reference.padding(z))
    if fill == "reflect" and (max(pt, below) >= H or max(pl, right) >= W):
        return replace(z, fill="edge")
    return z


@every_pass
@settings(max_examples=200, deadline=None)
@given(z=convolutions(), isa=st.sampled_from(ISAS), threads=st.integers(1, 3))
def test_whole_numbers_come_out_exactly(direction, z, isa, threads):
    data = whole_numbers(z)
    found = Kernels(z, isa, threads).run(direction, data)
    np.testing.assert_array_equal(found, expected(z, direction, data))


@settings(max_examples=150, deadline=None)
@given(z=convolutions(), isa=st.sampled_from(ISAS), threads=st.integers(1, 3))
def test_what_is_read_can_be_normalized_but_not_its_padding(z, isa, threads):
    x, w, dy = whole_numbers(z)
    normal, normalized = whole_normal(z.C)
    kernels = Kernels(z, isa, threads)
    wanted = reference.conv_forward(z, normalized(x), w)
    np.testing.assert_array_equal(kernels.forward(x, w, normal=normal), wanted)
    wanted = reference.conv_backward_weights(z, normalized(x), dy)
    np.testing.assert_array_equal(kernels.backward_weights(x, dy, normal), wanted)


@every_pass
@every_large
def test_whole_numbers_come_out_exactly_where_work_is_cut_up(direction, z):
    data = whole_numbers(z)
    wanted = expected(z, direction, data)
    assert np.mean(wanted != 0) > 0.1
    for isa in ISAS:
        np.testing.assert_array_equal(Kernels(z, isa).run(direction, data), wanted)


LONG = [  # sums of 25,088 products or more, and of as many as use one chunk of weights
    ("forward", square(3, 1, 25088, 20, 1)),
    ("forward", square(1, 12, 2304, 20, 1)),
    ("backward_data", square(3, 1, 20, 25088, 1)),
    ("backward_data", square(1, 12, 20, 2304, 1)),
    ("backward_weights", square(8, 56, 3, 20, 1)),
]


@every_isa
@pytest.mark.parametrize(("direction", "z"), LONG)
@pytest.mark.parametrize(("positive", "bound"), [(False, 8), (True, 16)])
def test_rounding_errors_stay_small_in_long_sums(direction, z, isa, positive, bound):
    data = fractions(z, positive)
    found = Kernels(z, isa).run(direction, data)
    error = np.abs(found - expected(z, direction, data))
    assert (error <= bound * UNIT * expected(z, direction, [np.abs(a) for a in data])).all()


@every_pass
@pytest.mark.parametrize(("positive", "bound"), [(False, 8), (True, 16)])
@settings(max_examples=60, deadline=None)
@given(z=convolutions(), isa=st.sampled_from(ISAS))
def test_rounding_errors_stay_small(direction, positive, bound, z, isa):
    data = fractions(z, positive)
    found = Kernels(z, isa).run(direction, data)
    error = np.abs(found - expected(z, direction, data))
    assert (error <= bound * UNIT * expected(z, direction, [np.abs(a) for a in data])).all()


@every_pass
@every_large
def test_any_number_of_threads_gives_the_same_bits(direction, z):
    data = fractions(z)
    one, two, three = (Kernels(z, threads=threads).run(direction, data) for threads in (1, 2, 3))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, three)


@every_isa
@pytest.mark.parametrize("direction", BOTH)
@some_large
def test_an_image_comes_out_the_same_alone_and_in_any_batch(direction, z, isa):
    x, w, dy = fractions(z)
    together = Kernels(z, isa).run(direction, (x, w, dy))
    in_larger = Kernels(z, isa, batch=z.N + 5).run(direction, (x, w, dy))
    np.testing.assert_array_equal(together, in_larger)
    for i in range(min(z.N, 3)):
        alone = Kernels(z, isa, batch=1).run(direction, (x[i : i + 1], w, dy[i : i + 1]))
        np.testing.assert_array_equal(together[i : i + 1], alone)


@some_large
def test_a_weight_gradient_does_not_depend_on_how_large_a_batch_was_planned(z):
    data = fractions(z)
    planned = Kernels(z, batch=z.N + 5).run("backward_weights", data)
    np.testing.assert_array_equal(planned, Kernels(z).run("backward_weights", data))


@every_pass
def test_a_scratch_can_serve_one_convolution_after_another(direction):
    first, second = LARGE["several images in a slab"], LARGE["groups"]
    kernels = [Kernels(first), Kernels(second)]
    shared = np.full(max(k.scratch.size for k in kernels) + 3, np.nan, np.float32)[3:]
    for k in kernels:
        k.scratch = shared
        data = fractions(k.z)
        found = [k.run(direction, data), Kernels(k.z).run(direction, data)]
        np.testing.assert_array_equal(*found)


@every_isa
@pytest.mark.parametrize("K", [6, 16, 40])
@pytest.mark.parametrize("groups", [1, 2])
def test_forward_adds_a_bias_and_then_cuts_off_what_is_negative(groups, K, isa):
    z = square(2, 9, 20, K, 3, groups=groups)
    x, w, _ = whole_numbers(z)
    bias = np.arange(K, dtype=np.float32) * 10 - 50
    found = Kernels(z, isa).forward(x, w, bias, activation=1)
    np.testing.assert_array_equal(found, np.maximum(reference.conv_forward(z, x, w, bias), 0))


@every_isa
@pytest.mark.parametrize("activation", [2, 3])
@pytest.mark.parametrize(
    "z", [square(2, 9, 20, 40, 3), square(2, 9, 20, 6, 1), square(1, 8, 1, 3, 3)]
)
def test_forward_activates_as_a_layer_behind_it_does(z, activation, isa):
    x, w, _ = whole_numbers(z)
    x[0, 2, 2, 0] = np.nan
    kernels = Kernels(z, isa)
    found = kernels.forward(x, w / 8, activation=activation)
    assert found.tobytes() == activate(kernels.forward(x, w / 8), activation, isa).tobytes()


@every_isa
@pytest.mark.parametrize("z", [square(2, 9, 20, 6, 3, 2), square(2, 9, 20, 6, 3, fill="edge")])
def test_backward_data_adds_a_bias_and_then_cuts_off_what_is_negative(z, isa):
    _, w, dy = whole_numbers(z)
    bias = np.arange(z.C, dtype=np.float32) * 10 - 50
    found = Kernels(z, isa).backward_data(dy, w, bias, activation=1)
    wanted = np.maximum(reference.conv_backward_data(z, dy, w) + bias, 0)
    np.testing.assert_array_equal(found, wanted)


@every_isa
@pytest.mark.parametrize("fill", ["zero", "edge"])
@pytest.mark.parametrize(("C", "K"), [(20, 6), (6, 40), (3, 33)])
def test_what_stands_in_the_output_can_be_added_before_the_relu(C, K, fill, isa):
    z = square(2, 9, C, K, 3, fill=fill)
    x, w, dy = whole_numbers(z)
    kernels = Kernels(z, isa)
    found = kernels.forward(x, w, activation=1, residual=dy * 30)
    np.testing.assert_array_equal(found, np.maximum(reference.conv_forward(z, x, w) + dy * 30, 0))
    found = kernels.backward_data(dy, w, activation=1, residual=x * 30)
    wanted = np.maximum(reference.conv_backward_data(z, dy, w) + x * 30, 0)
    np.testing.assert_array_equal(found, wanted)


@every_isa
@pytest.mark.parametrize("K", [5, 16, 40])
@pytest.mark.parametrize("direction", BOTH)
def test_pixels_of_the_output_may_lie_apart(direction, K, isa):
    z = square(2, 9, K, 20, 3) if direction == "backward_data" else square(2, 9, 20, K, 3)
    data, kernels, step = fractions(z), Kernels(z, isa), K + 5
    wanted = apart(kernels.run(direction, data), step)
    x, w, dy = data
    kernel, source = (
        (kernels.conv.Forward, x) if direction == "forward" else (kernels.conv.BackwardData, dy)
    )
    target = Output(wanted.size)
    kernel(
        kernels.sizes, flat(source), panels(z, w), NONE, NONE, target.flat, kernels.scratch, False,
        target_step=step,
    )(len(x))  # fmt: skip
    assert target.result().tobytes() == wanted.tobytes()


@every_isa
def test_a_value_that_is_not_a_number_stays_one_through_relu(isa):
    z = square(1, 5, 3, 8, 3)
    x, w, _ = whole_numbers(z)
    x[0, 2, 2, 1] = np.nan
    y = Kernels(z, isa).forward(x, w, activation=1)[0]
    assert np.isnan(y[1:4, 1:4]).all()
    assert not np.isnan(y[0]).any()


def with_ties(z: Sizes):
    """Return x and w whose outputs are often equal, and some no numbers."""
    x, w, _ = whole_numbers(z)
    x[np.abs(x) > 2] = 0
    x[-1, z.H // 2, z.W // 2] = np.nan
    return x, w


def assert_pooled_alike(z: Sizes, isa, threads, activation):
    x, w = with_ties(z)
    bias = np.arange(z.K, dtype=np.float32) % 5 - 3
    wanted = maxpool(Kernels(z, isa).forward(x, w, bias, activation))
    found = Kernels(z, isa, threads, pools=True).forward(x, w, bias, activation)
    assert found.tobytes() == wanted.tobytes()
    alone = Kernels(z, isa, threads, batch=1, pools=True).forward(x[-1:], w, bias, activation)
    assert alone.tobytes() == wanted[-1:].tobytes()


@settings(max_examples=200, deadline=None)
@given(
    z=convolutions().filter(lambda z: z.P > 1 < z.Q and (z.R, z.S) != (1, 1)),
    isa=st.sampled_from(ISAS), threads=st.integers(1, 3), activation=st.integers(0, 3),
)  # fmt: skip
def test_pooling_what_is_computed_gives_the_bits_of_a_pool_behind_it(z, isa, threads, activation):
    assert_pooled_alike(z, isa, threads, activation)


POOLED = {
    "wide and narrow": Sizes(2, 31, 300, 3, 20, 3, 5, 29, 296),
    "odd slabs of rows": square(2, 59, 90, 40, 3),
    "several chunks of channels": square(2, 9, 600, 40, 3),
    "short rows of many chains": square(2, 9, 100, 40, 5),
    "few channels and filters": square(3, 29, 2, 6, 5, pad=1),
    "groups": square(2, 21, 96, 144, 3, groups=3),
}


@pytest.mark.parametrize("z", POOLED.values(), ids=POOLED)
def test_pooling_gives_the_same_bits_however_work_is_cut_up(z):
    for isa in ISAS:
        for threads in (1, 2, 3):
            assert_pooled_alike(z, isa, threads, True)


@every_isa
@pytest.mark.parametrize("relu", [False, True])
def test_of_zeros_of_both_signs_the_first_is_kept_as_by_a_pool(relu, isa):
    z = square(2, 41, 1, 6, 2, pad=0)
    signs = np.random.default_rng(0).uniform(size=(z.N, z.H, z.W, z.C)) < 0.8
    x, w = np.where(signs, -0.0, 0).astype(np.float32), np.ones((6, 1, 2, 2), np.float32)
    bias = np.full(6, -0.0, np.float32)
    wanted = maxpool(Kernels(z, isa).forward(x, w, bias, relu))
    assert 0.2 < np.signbit(wanted).mean() < 0.8
    assert Kernels(z, isa, pools=True).forward(x, w, bias, relu).tobytes() == wanted.tobytes()


def test_no_images_give_no_outputs_and_a_gradient_of_zeros():
    z = square(2, 5, 3, 8, 3)
    x, w, dy = (array[:0] if i != 1 else array for i, array in enumerate(whole_numbers(z)))
    kernels = Kernels(z)
    assert kernels.forward(x, w).shape == (0, 5, 5, 8)
    assert kernels.backward_data(dy, w).shape == (0, 5, 5, 3)
    assert not kernels.backward_weights(x, dy).any()


def test_panels_have_room_for_a_multiple_of_16_filters_per_group():
    assert CONVS[ISAS[0]].panel_size(20, 6, 3, 5, 2) == 2 * 16 * 3 * 3 * 5
    assert CONVS[ISAS[0]].panel_size(17, 6, 1, 1, 1) == 32 * 6


@pytest.mark.parametrize("wrong", [np.zeros(75), np.zeros(150, np.float32)[::2]])
def test_arrays_of_another_type_or_with_gaps_are_refused(wrong):
    z = square(1, 5, 3, 8, 3)
    kernels = Kernels(z)
    _, w, dy = whole_numbers(z)
    with pytest.raises(ValueError, match=r"Buffer dtype mismatch|not C-contiguous"):
        kernels.conv.Forward(
            kernels.sizes, wrong, panels(z, w), NONE, NONE, flat(dy), kernels.scratch, False
        )


@every_isa
def test_the_measured_peak_is_that_of_a_processor(isa):
    assert 0.5 < CONVS[isa].peak_gflops(0.01, 1) < 1000
