"""The pools against their float64 twins, on every instruction set of this CPU."""

import numpy as np
import pytest
import reference
from fence import apart, blank, every_isa, given_array, same_bits, stands
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Windows

every_pool = every_isa("pool")
INF = np.inf
NAN = np.nan
TWO = Windows(input=(4, 4), output=(2, 2), size=(2, 2), stride=(2, 2))


CLASSES = {"maxpool": "MaxPooling", "avgpool": "AvgPooling", "l2pool": "L2Pooling"}


def pooling(kernels, kind, x, windows, threads):
    return getattr(kernels, CLASSES[kind])(
        *windows.input, x.shape[-1], *windows.output, *windows.size, *windows.stride,
        *windows.pad, *windows.after, threads, windows.include_pad,
    )  # fmt: skip


def forward(kernels, kind, x, windows, threads=1):
    y = blank(len(x) * np.prod(windows.output) * x.shape[-1])
    pooling(kernels, kind, x, windows, threads).forward(len(x), given_array(x), y)
    assert stands(y)
    return y.reshape(len(x), *windows.output, -1)


def backward(kernels, kind, x, dy, windows, threads=1):
    dx = blank(x.size)
    y = forward(kernels, kind, x, windows)
    seen = [np.full_like(a, np.nan) for a in (x, y)] if kind == "avgpool" else [x, y]
    pool = pooling(kernels, kind, x, windows, threads)
    pool.backward(len(x), *map(given_array, seen), given_array(dy), dx)
    assert stands(dx)
    return dx.reshape(x.shape)


@st.composite
def axes(draw):
    """Draw one axis: its pixels, windows, size, stride and pads; each window has a pixel."""
    size, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    pad, after = draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1))
    pixels = draw(st.integers(1, 9))
    most = (pixels - 1 + pad) // stride + 1
    return pixels, draw(st.integers(1, most)), size, stride, pad, after


@st.composite
def cases(draw):
    rows, columns = draw(axes()), draw(axes())
    windows = Windows(*zip(rows, columns, strict=True), include_pad=draw(st.booleans()))
    n, C = draw(st.integers(1, 3)), draw(st.sampled_from([1, 2, 3, 5, 6, 7, 8, 9, 12, 16, 23]))
    numbers = np.random.default_rng(draw(st.integers(0, 99)))
    x = numbers.integers(-3, 4, (n, *windows.input, C)).astype(np.float32)  # many ties
    dy = numbers.standard_normal((n, *windows.output, C)).astype(np.float32)
    return x, dy, windows


@every_pool
@settings(max_examples=150, deadline=None)
@given(case=cases())
def test_pools_agree_with_their_twins(kernels, case):
    x, dy, windows = case
    wide, dwide = x.astype(np.float64), dy.astype(np.float64)
    assert np.array_equal(forward(kernels, "maxpool", x, windows), reference.maxpool(x, windows))
    for kind, twin in (("avgpool", reference.avgpool), ("l2pool", reference.l2pool)):
        y = forward(kernels, kind, x, windows)
        assert np.allclose(y, twin(wide, windows), rtol=1e-6, atol=1e-6)
    for kind, expected in (
        ("maxpool", reference.maxpool_gradient(wide, dwide, windows)),
        ("avgpool", reference.avgpool_gradient(dwide, windows)),
        ("l2pool", reference.l2pool_gradient(wide, dwide, windows)),
    ):
        dx = backward(kernels, kind, x, dy, windows)
        assert np.allclose(dx, expected, rtol=1e-5, atol=1e-5), kind


@every_pool
@settings(max_examples=40, deadline=None)
@given(case=cases())
def test_pixels_of_x_may_lie_apart(kernels, case):
    x, _, windows = case
    step = x.shape[-1] + 5
    wide = given_array(apart(x, step))
    for kind in ("maxpool", "avgpool", "l2pool"):
        y = forward(kernels, kind, x, windows).reshape(-1)
        found = blank(y.size)
        pooling(kernels, kind, x, windows, 2).forward(len(x), wide, found, step)
        assert stands(found) and found.tobytes() == y.tobytes()


@every_pool
def test_pools_of_four_pixels_are_what_you_compute_by_hand(kernels):
    x = np.array([[1, 2, 0, 0], [3, 4, 0, 0], [3, 0, -1, -2], [0, 4, -3, -4]])[None, ..., None]
    assert forward(kernels, "maxpool", x, TWO).ravel().tolist() == [4, 0, 4, -1]
    assert forward(kernels, "avgpool", x, TWO).ravel().tolist() == [2.5, 0, 1.75, -2.5]
    assert np.allclose(forward(kernels, "l2pool", x, TWO).ravel() ** 2, [30, 0, 25, 30])


@every_pool
def test_maxpool_sends_the_gradient_of_a_tie_to_the_first(kernels):
    x = np.array([[0, 5, 1, 0], [5, 5, 1, 1], [2, 2, 0, 3], [2, 2, 3, 3]])[None, ..., None]
    dy = np.array([[1, 2], [3, 4]])[None, ..., None]
    dx = backward(kernels, "maxpool", x, dy, TWO)[0, ..., 0]
    assert dx.tolist() == [[0, 1, 2, 0], [0, 0, 0, 0], [3, 0, 0, 4], [0, 0, 0, 0]]


@every_pool
def test_maxpool_adds_the_gradients_of_windows_that_share_a_pixel(kernels):
    windows = Windows(input=(3, 3), output=(2, 2), size=(2, 2), stride=(1, 1))
    x = np.array([[0, 0, 0], [0, 9, 0], [0, 0, 0]])[None, ..., None]
    dx = backward(kernels, "maxpool", x, np.array([[1, 2], [4, 8]])[None, ..., None], windows)
    assert dx[0, ..., 0].tolist() == [[0, 0, 0], [0, 15, 0], [0, 0, 0]]


@every_pool
def test_maxpool_does_not_count_the_padding(kernels):
    windows = Windows(input=(2, 2), output=(3, 3), size=(2, 2), stride=(1, 1), pad=(1, 1))
    x = np.full((1, 2, 2, 3), -7.0)
    assert (forward(kernels, "maxpool", x, windows) == -7).all()


@every_pool
def test_avgpool_counts_the_padding_as_zeros(kernels):
    windows = Windows((2, 2), (3, 3), size=(2, 2), stride=(1, 1), pad=(1, 1), after=(1, 1))
    y = forward(kernels, "avgpool", np.ones((1, 2, 2, 1)), windows)
    assert y[0, ..., 0].tolist() == [[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]


@every_pool
@pytest.mark.parametrize("channels", [1, 9])
def test_avgpool_counts_the_image_alone_where_that_is_asked_for(kernels, channels):
    windows = Windows((2, 2), (2, 3), (2, 3), (1, 1), (0, 1), after=(1, 1), include_pad=False)
    x = np.repeat(np.array([[2.0, 4.0], [6.0, 10.0]])[None, ..., None], channels, axis=-1)
    y = forward(kernels, "avgpool", x, windows)
    assert y[0, ..., -1].tolist() == [[5.5, 5.5, 7], [8, 8, 10]]
    dx = backward(kernels, "avgpool", x, np.ones((1, 2, 3, channels)), windows)
    assert dx[0, ..., -1].tolist() == [[0.5, 1], [1.5, 3]]


@every_pool
def test_avgpool_does_not_count_what_lies_beyond_the_padding(kernels):
    windows = Windows(input=(3, 3), output=(2, 2), size=(2, 2), stride=(2, 2))
    y = forward(kernels, "avgpool", np.ones((1, 3, 3, 9)), windows)
    assert (y == 1).all()
    dx = backward(kernels, "avgpool", np.ones((1, 3, 3, 9)), np.ones((1, 2, 2, 9)), windows)
    assert dx[0, ..., 8].tolist() == [[0.25, 0.25, 0.5], [0.25, 0.25, 0.5], [0.5, 0.5, 1]]


@every_pool
def test_l2pool_sends_nothing_back_where_everything_is_zero(kernels):
    dx = backward(kernels, "l2pool", np.zeros((2, 4, 4, 5)), np.ones((2, 2, 2, 5)), TWO)
    assert (dx == 0).all()


@every_pool
@pytest.mark.parametrize("channels", [1, 3, 8, 13])
@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("value", [NAN, INF, -INF], ids=str)
def test_one_odd_number_stays_in_its_windows_and_channel(kernels, channels, size, value):
    windows = Windows(input=(7, 7), output=(3, 3), size=(size, size), stride=(2, 2))
    x = np.random.default_rng(0).standard_normal((2, 7, 7, channels)).astype(np.float32)
    dy = np.ones((2, 3, 3, channels), np.float32)
    x[0, 2, 3, channels - 1] = value
    wide = x.astype(np.float64)
    with np.errstate(invalid="ignore"):
        for kind, gradient in (
            ("maxpool", reference.maxpool_gradient(wide, dy, windows)),
            ("l2pool", reference.l2pool_gradient(wide, dy, windows)),
        ):
            y = forward(kernels, kind, x, windows)
            assert np.allclose(y, getattr(reference, kind)(wide, windows), equal_nan=True)
            dx = backward(kernels, kind, x, dy, windows)
            assert np.allclose(dx, gradient, atol=1e-5, equal_nan=True)


@every_pool
def test_a_window_of_minus_infinity_has_that_maximum_and_a_gradient(kernels):
    x = np.full((1, 4, 4, 2), -INF)
    assert (forward(kernels, "maxpool", x, TWO) == -INF).all()
    dx = backward(kernels, "maxpool", x, np.ones((1, 2, 2, 2)), TWO)
    assert dx[0, ..., 0].tolist() == [[1, 0, 1, 0], [0] * 4, [1, 0, 1, 0], [0] * 4]


def global_pass(kernels, name, *arrays, shape, size, threads=1):
    out = blank(size)
    getattr(kernels, name)(*shape, *(given_array(array) for array in arrays), out, threads)
    assert stands(out)
    return out


@every_pool
@settings(max_examples=40, deadline=None)
@given(shape=st.tuples(st.integers(1, 3), st.integers(1, 60), st.integers(1, 70)))
def test_global_pools_are_pools_with_one_window(kernels, shape):
    n, pixels, C = shape
    numbers = np.random.default_rng(pixels)
    x = numbers.integers(-9, 9, shape).astype(np.float32)
    dy = numbers.standard_normal((n, C)).astype(np.float32)
    windows = Windows(input=(1, pixels), output=(1, 1), size=(1, pixels), stride=(1, 1))
    image, dimage = x[:, None].astype(np.float64), dy[:, None, None]
    largest = global_pass(kernels, "global_maxpool_forward", x, shape=shape, size=n * C)
    assert np.array_equal(largest, x.max(1).ravel())
    mean = global_pass(kernels, "global_avgpool_forward", x, shape=shape, size=n * C)
    assert np.allclose(mean, image.mean((1, 2)).ravel(), rtol=1e-6, atol=1e-6)
    dx = global_pass(kernels, "global_maxpool_backward", x, largest, dy, shape=shape, size=x.size)
    assert np.array_equal(dx, reference.maxpool_gradient(image, dimage, windows).ravel())
    dx = global_pass(kernels, "global_avgpool_backward", dy, shape=shape, size=x.size)
    assert np.allclose(dx, reference.avgpool_gradient(dimage, windows).ravel(), rtol=1e-6)


@every_pool
def test_global_pools_pass_nan_on(kernels):
    x = np.zeros((1, 5, 3))
    x[0, 3, 1] = NAN
    for name in ("global_maxpool_forward", "global_avgpool_forward"):
        y = global_pass(kernels, name, x, shape=x.shape, size=3)
        assert np.isnan(y).tolist() == [False, True, False]


@every_pool
def test_global_avgpool_is_precise_over_many_pixels(kernels):
    x = 1000 + np.random.default_rng(0).random((1, 50000, 3)).astype(np.float32)
    mean = global_pass(kernels, "global_avgpool_forward", x, shape=x.shape, size=3)
    assert np.allclose(mean, x.mean(1, dtype=np.float64).ravel(), rtol=6e-8)


@every_pool
@pytest.mark.parametrize("kind", ["maxpool", "avgpool", "l2pool"])
@pytest.mark.parametrize("size", [2, 3])
def test_threads_change_no_bit(kernels, kind, size):
    windows = Windows(input=(25, 23), output=(12, 11), size=(size, size), stride=(2, 2))
    numbers = np.random.default_rng(1)
    x = numbers.standard_normal((7, 25, 23, 6)).astype(np.float32)
    dy = numbers.standard_normal((7, 12, 11, 6)).astype(np.float32)
    y, dx = forward(kernels, kind, x, windows), backward(kernels, kind, x, dy, windows)
    for threads in (2, 3):
        assert same_bits(y, forward(kernels, kind, x, windows, threads))
        assert same_bits(dx, backward(kernels, kind, x, dy, windows, threads))
