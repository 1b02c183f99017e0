"""The Winograd kernels against the float64 twins of convolution, on every instruction set."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import reference_conv as reference
from activations import activate
from fence import ISA_PARAMETERS, ISAS, apart, blank, given_array, kernel_modules, same_bits, stands
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pools import maxpool
from reference_conv import Sizes as WindowSizes
from reference_conv import expected

from cnncli.layers.panels import declare_conv_weight

MODULES = kernel_modules("winograd")
NONE = np.empty(0, np.float32)
BOUND = 5e-6  # of rms errors, relative to the rms of what is right
PASSES = ("forward", "backward_data", "backward_weights")

every_isa = pytest.mark.parametrize("isa", ISA_PARAMETERS)
every_pass = pytest.mark.parametrize("direction", PASSES)


@dataclass(frozen=True)
class Sizes(WindowSizes):
    """With the outputs of a tile along an axis."""

    tile: int = 4


def panels(w):
    """Return weights (K, C, R, R) in panels."""
    return given_array(declare_conv_weight(w.shape, 1, 1, 1).pack(w))


class Kernels:
    """One convolution on one instruction set; every array is fenced, every scratch full of NaN."""

    def __init__(self, z: Sizes, isa=ISAS[0], threads=2, batch=None, late=None, pools=False):
        self.z, self.kernels, self.pools = z, MODULES[isa], pools
        late = z.C * z.K > 100_000 if late is None else late
        self.sizes = self.kernels.Winograd(
            z.R, z.stride[0], z.tile, z.H, z.W, z.C, z.K, *z.pad, z.P, z.Q, late, batch or z.N,
            threads,
        )  # fmt: skip

    def forward(self, x, w, bias=NONE, residual=NONE, activation=0):
        each = 2 if self.pools else 1
        transformed = self.transformed("winograd_weights", self.sizes.weight_size, w)
        return self.call(
            "winograd_forward", (self.z.P // each, self.z.Q // each, self.z.K), x,
            self.sizes.forward_scratch, (transformed, given_array(bias), given_array(residual)),
            (activation, 0, self.pools),
        )  # fmt: skip

    def backward_data(self, dy, w):
        transformed = self.transformed("winograd_data_weights", self.sizes.data_weight_size, w)
        return self.call(
            "winograd_backward_data", (self.z.H, self.z.W, self.z.C), dy,
            self.sizes.data_scratch, (transformed, NONE), (),
        )  # fmt: skip

    def transformed(self, name, size, w):
        """Return transformed weights, or the weights themselves if these are to be passed."""
        if size == 0:
            return panels(w)
        transformed = blank(size)
        getattr(self.kernels, name)(self.sizes, panels(w), transformed)
        assert stands(transformed)
        return transformed

    def call(self, name, shape, source, scratch_size, arrays, settings):
        target, scratch = blank(len(source) * int(np.prod(shape))), blank(scratch_size)
        kernel = getattr(self.kernels, name)
        kernel(self.sizes, len(source), given_array(source), *arrays, target, scratch, *settings)
        assert stands(target) and stands(scratch)
        return target.reshape(len(source), *shape)

    def backward_weights(self, x, dy):
        K, C, R, count = self.z.K, self.z.C, self.z.R, -(-self.z.K // 16)
        dw, scratch = blank(count * 16 * R * R * C), blank(self.sizes.gradient_scratch)
        self.kernels.winograd_backward_weights(
            self.sizes, len(x), given_array(x), given_array(dy), dw, scratch
        )
        assert stands(dw) and stands(scratch)
        whole = declare_conv_weight((count * 16, C, R, R), 1, 1, 1)
        dw = whole.unpack(dw, whole.shape)
        assert not dw[K:].any()
        return dw[:K]

    def run(self, direction, data):
        """Run one pass on (x, w, dy)."""
        x, w, dy = data
        arguments = {"forward": (x, w), "backward_data": (dy, w), "backward_weights": (x, dy)}
        return getattr(self, direction)(*arguments[direction])


def error(found, right):
    """Return the rms error, relative to the rms of what is right."""
    return np.sqrt(np.mean((found - right) ** 2) / np.mean(np.square(right, dtype=np.float64)))


def square(N, H, C, K, pad=1, size=3, stride=1, tile=4):
    side = (H + 2 * pad - size) // stride + 1
    sides = size, size, side, side
    return Sizes(N, H, H, C, K, *sides, (stride, stride), (pad, pad), tile=tile)


def has_pass(z, direction):
    """Say whether there is a pass: weight gradients with a stride are left to direct kernels."""
    return z.stride == (1, 1) or direction != "backward_weights"


KINDS = {
    "normal": lambda random, shape: random.standard_normal(shape, np.float32),
    "after relu": lambda random, shape: np.maximum(random.standard_normal(shape, np.float32), 0),
    "gray values": lambda random, shape: random.integers(0, 256, shape).astype(np.float32),
}


def numbers(z: Sizes, kind="normal"):
    """Return x of some kind, and normally distributed w and dy."""
    random = np.random.default_rng(0)
    x = KINDS[kind](random, (z.N, z.H, z.W, z.C))
    w = random.standard_normal((z.K, z.C, z.R, z.R), np.float32)
    return x, w, random.standard_normal((z.N, z.P, z.Q, z.K), np.float32)


LARGE = {
    "several blocks of tiles": square(3, 30, 16, 32),
    "many blocks of tiles": square(2, 70, 20, 17),
    "filters shared out": square(2, 5, 160, 210),
    "several groups of tiles": square(14, 15, 176, 170),
    "weights transformed late": square(8, 15, 300, 340),
    "one tile": square(1, 3, 40, 70),
    "no padding": square(2, 18, 33, 33, 0),
    "full padding": square(2, 10, 48, 16, 2),
    "5x5: several blocks of tiles": square(3, 18, 16, 32, 2, 5),
    "5x5: filters shared out": square(2, 3, 160, 210, 2, 5),
    "5x5: several groups of tiles": square(5, 21, 140, 150, 2, 5),
    "5x5: weights transformed late": square(2, 3, 400, 330, 2, 5),
    "5x5: no padding": square(2, 13, 33, 33, 0, 5),
    "5x5: full padding": square(2, 6, 48, 16, 4, 5),
    "stride 2: several blocks of tiles": square(2, 31, 16, 32, 1, 3, 2, 2),
    "stride 2: filters shared out": square(2, 6, 160, 210, 1, 3, 2, 2),
    "stride 2: several groups of tiles": square(5, 21, 140, 150, 1, 3, 2, 2),
    "stride 2: weights transformed late": square(2, 6, 400, 330, 1, 3, 2, 2),
    "stride 2: no padding": square(2, 26, 33, 33, 0, 3, 2, 2),
    "stride 2: full padding": square(2, 11, 48, 16, 2, 3, 2, 2),
    "stride 2 by 4: several blocks of tiles": square(2, 31, 16, 32, 1, 3, 2),
    "stride 2 by 4: filters shared out": square(1, 7, 160, 210, 1, 3, 2),
    "stride 2 by 4: several groups of tiles": square(7, 31, 140, 150, 1, 3, 2),
    "stride 2 by 4: weights transformed late": square(2, 6, 400, 330, 1, 3, 2),
    "stride 2 by 4: no padding": square(2, 26, 33, 33, 0, 3, 2),
    "stride 2 by 4: full padding": square(2, 11, 48, 16, 2, 3, 2),
}
every_large = pytest.mark.parametrize("z", LARGE.values(), ids=LARGE)
every_pass_of_every_large = pytest.mark.parametrize(
    ("direction", "z"),
    [
        pytest.param(direction, z, id=f"{direction}, {name}")
        for direction in PASSES
        for name, z in LARGE.items()
        if has_pass(z, direction)
    ],
)


# Which two of x, weights and dy are multiplied.
FACTORS = {"forward": (0, 1), "backward_data": (2, 1), "backward_weights": (0, 2)}


@st.composite
def convolutions(draw):
    """Return small sizes of all kinds; pads at the end are less than a filter as well."""
    channels = st.sampled_from([1, 2, 15, 16, 17, 31, 32, 33, 50])
    H, W = draw(st.integers(1, 13)), draw(st.integers(1, 13))
    R, stride, tile = draw(st.sampled_from([(3, 1, 4), (5, 1, 4), (3, 2, 2), (3, 2, 4)]))
    top, left, bottom, right = (draw(st.integers(0, R - 1)) for _ in range(4))
    return Sizes(
        draw(st.integers(1, 3)), H, W, draw(channels), draw(channels), R, R,
        max(1, (H + top + bottom - R) // stride + 1), max(1, (W + left + right - R) // stride + 1),
        (stride, stride), (top, left), tile=tile,
    )  # fmt: skip


@every_pass
@settings(max_examples=100, deadline=None)
@given(
    z=convolutions(), isa=st.sampled_from(ISAS), threads=st.integers(1, 3),
    kind=st.sampled_from(list(KINDS)),
)  # fmt: skip
def test_every_size_comes_out_right(direction, z, isa, threads, kind):
    assume(has_pass(z, direction))
    data = numbers(z, kind)
    found = Kernels(z, isa, threads).run(direction, data)
    right = expected(z, direction, data)
    sizes = [np.abs(array) for array in data]
    # Products of the tile that do not belong to a result leave their rounding errors in it.
    first, second = FACTORS[direction]
    scale = expected(z, direction, sizes).max() + sizes[first].max() * sizes[second].max()
    assert np.isfinite(found).all()
    assert np.abs(found - right).max() <= 1e-5 * scale


@every_pass_of_every_large
def test_large_ones_come_out_right_however_work_is_cut_up(direction, z):
    data = numbers(z)
    right = expected(z, direction, data)
    for isa in ISAS:
        assert error(Kernels(z, isa).run(direction, data), right) < BOUND


@every_isa
@every_pass
@pytest.mark.parametrize("kind", KINDS)
def test_rounding_errors_stay_small(direction, kind, isa):
    sizes = [square(2, 16, 64, 48), square(2, 8, 256, 64), square(2, 8, 256, 64, 2, 5)]
    sizes += [square(2, 16, 256, 64, 1, 3, 2, tile) for tile in (2, 4)]
    for z in [z for z in sizes if has_pass(z, direction)]:
        data = numbers(z, kind)
        assert error(Kernels(z, isa).run(direction, data), expected(z, direction, data)) < BOUND


@every_isa
@pytest.mark.parametrize(("size", "stride", "tile"), [(3, 1, 4), (5, 1, 4), (3, 2, 2), (3, 2, 4)])
@pytest.mark.parametrize("pad", [(0, 2), (1, 0), (2, 1)])
def test_backward_data_is_the_adjoint_of_forward(pad, size, stride, tile, isa):
    sides = size, size, 8 // stride, 14 // stride
    z = Sizes(2, 9, 14, 20, 40, *sides, (stride, stride), pad, tile=tile)
    x, w, dy = numbers(z)
    kernels = Kernels(z, isa)
    forward = np.vdot(kernels.forward(x, w).astype(np.float64), dy)
    backward = np.vdot(x, kernels.backward_data(dy, w).astype(np.float64))
    assert abs(forward - backward) < 1e-5 * np.linalg.norm(x) * np.linalg.norm(w)


@every_pass_of_every_large
def test_any_number_of_threads_gives_the_same_bits(direction, z):
    data = numbers(z)
    one, two, three = (Kernels(z, threads=threads).run(direction, data) for threads in (1, 2, 3))
    assert same_bits(one, two) and same_bits(one, three)


@every_isa
@pytest.mark.parametrize("direction", PASSES[:2])
@every_large
def test_an_image_comes_out_the_same_alone_and_in_any_batch(direction, z, isa):
    x, w, dy = numbers(z)
    together = Kernels(z, isa).run(direction, (x, w, dy))
    assert same_bits(together, Kernels(z, isa, batch=z.N + 5).run(direction, (x, w, dy)))
    alone = Kernels(z, isa, batch=1).run(direction, (x[-1:], w, dy[-1:]))
    assert same_bits(together[-1:], alone)


@pytest.mark.parametrize("z", [z for z in LARGE.values() if has_pass(z, PASSES[2])], ids=repr)
def test_a_weight_gradient_does_not_depend_on_how_large_a_batch_was_planned(z):
    data = numbers(z)
    planned = Kernels(z, batch=z.N + 5).run("backward_weights", data)
    assert same_bits(planned, Kernels(z).run("backward_weights", data))


@every_isa
@pytest.mark.parametrize(
    ("size", "stride", "tile", "wanted", "tiles"),
    [
        (3, 1, 4, np.s_[4:7, 8:11], np.s_[4:8, 8:12]),
        (5, 1, 4, np.s_[3:8, 7:12], np.s_[0:8, 4:12]),
        (3, 2, 2, np.s_[2:4, 4:6], np.s_[2:4, 4:6]),
        (3, 2, 4, np.s_[2:4, 4:6], np.s_[0:4, 4:8]),
    ],
)
def test_a_pixel_that_is_not_a_number_reaches_only_the_tiles_that_read_it(
    size, stride, tile, wanted, tiles, isa
):
    z = square(2, 16, 20, 20, size // 2, size, stride, tile)
    x, w, _ = numbers(z)
    x[0, 5, 9, 3] = np.nan
    reached = np.isnan(Kernels(z, isa).forward(x, w))
    assert reached[0][wanted].all()
    reached[0][tiles] = False
    assert not reached.any()


@every_isa
@pytest.mark.parametrize("K", [6, 16, 40])
@pytest.mark.parametrize("relu", [False, True])
def test_forward_adds_bias_and_residual_and_then_cuts_off_what_is_negative(relu, K, isa):
    z = square(2, 9, 20, K)
    x, w, residual = numbers(z)
    bias = np.linspace(-9, 9, K, dtype=np.float32)
    right = reference.conv_forward(z, x, w, bias) + 10 * residual
    found = Kernels(z, isa).forward(x, w, bias, 10 * residual, relu)
    assert error(found, np.maximum(right, 0) if relu else right) < BOUND
    assert not relu or found.min() == 0


@every_isa
@pytest.mark.parametrize("K", [5, 16, 40])
def test_pixels_of_the_output_may_lie_apart(K, isa):
    z, step = square(2, 9, 20, K), K + 5
    x, w, _ = numbers(z)
    kernels = Kernels(z, isa)
    wanted = apart(kernels.forward(x, w, activation=1), step)
    weight = kernels.transformed("winograd_weights", kernels.sizes.weight_size, w)
    y, scratch = blank(wanted.size), blank(kernels.sizes.forward_scratch)
    kernels.kernels.winograd_forward(
        kernels.sizes, len(x), given_array(x), weight, NONE, NONE, y, scratch, True, step
    )
    assert stands(y) and stands(scratch)
    assert y.tobytes() == wanted.tobytes()


@every_isa
@pytest.mark.parametrize("activation", [2, 3])
def test_forward_activates_as_a_layer_behind_it_does(activation, isa):
    z = square(2, 9, 20, 40)
    x, w, _ = numbers(z)
    kernels = Kernels(z, isa)
    wanted = activate(kernels.forward(x, w), activation, isa)
    assert same_bits(kernels.forward(x, w, activation=activation), wanted)


@every_isa
def test_a_value_that_is_not_a_number_stays_one_through_relu(isa):
    z = square(1, 4, 16, 16)
    x, w, _ = numbers(z)
    x[0, 2, 2, 1] = np.nan
    assert np.isnan(Kernels(z, isa).forward(x, w, activation=1)).all()


def assert_pooled_alike(z: Sizes, isa, threads, activation):
    x, w, _ = numbers(z)
    x[-1, z.H // 2, z.W // 2] = np.nan
    bias = np.linspace(-9, 9, z.K, dtype=np.float32)
    wanted = maxpool(Kernels(z, isa).forward(x, w, bias, activation=activation))
    even = replace(z, P=z.P - z.P % 2, Q=z.Q - z.Q % 2)
    late = Kernels(z).sizes.weight_size == 0
    kernels = Kernels(even, isa, threads, late=late, pools=True)
    assert same_bits(kernels.forward(x, w, bias, activation=activation), wanted)
    assert same_bits(kernels.forward(x[-1:], w, bias, activation=activation), wanted[-1:])


@settings(max_examples=100, deadline=None)
@given(
    z=convolutions().filter(lambda z: z.P > 1 < z.Q), isa=st.sampled_from(ISAS),
    threads=st.integers(1, 3), activation=st.integers(0, 3),
)  # fmt: skip
def test_pooling_what_is_computed_gives_the_bits_of_a_pool_behind_it(z, isa, threads, activation):
    assert_pooled_alike(z, isa, threads, activation)


@every_large
def test_pooling_gives_the_same_bits_however_work_is_cut_up(z):
    for isa in ISAS:
        for threads in (1, 2, 3):
            assert_pooled_alike(z, isa, threads, True)


def test_no_images_give_no_outputs_and_a_gradient_of_zeros():
    for z in (square(2, 5, 16, 16), square(2, 5, 64, 64)):
        x, w, dy = numbers(z)
        kernels = Kernels(z)
        assert kernels.forward(x[:0], w).shape == (0, 5, 5, z.K)
        assert kernels.backward_data(dy[:0], w).shape == (0, 5, 5, z.C)
        assert not kernels.backward_weights(x[:0], dy[:0]).any()


@every_isa
@pytest.mark.parametrize("z", [square(2, 5, 400, 330), square(1, 8, 80, 72), square(3, 9, 20, 16)])
def test_weights_kept_transformed_give_the_same_answers_as_those_transformed_late(isa, z):
    x, w, _ = numbers(z)
    late, kept = (Kernels(z, isa, late=late) for late in (True, False))
    assert late.sizes.weight_size == 0 < kept.sizes.weight_size
    assert error(kept.forward(x, w), late.forward(x, w)) < 5e-6
