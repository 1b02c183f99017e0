"""Moving and combining numbers, on every instruction set of this CPU."""

import numpy as np
import pytest
import reference
from fence import blank, every_isa, given_array, same_bits, stands
from hypothesis import given, settings
from hypothesis import strategies as st

every_arrange = every_isa("elementwise")
few = st.integers(1, 5)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def run(kernel, size, *arguments, threads=1):
    """Call a kernel with flat copies of arrays; return what it writes."""
    y = blank(size)
    flat = [given_array(one) if isinstance(one, np.ndarray) else one for one in arguments]
    kernel(*flat, y, threads)
    assert stands(y)
    return y


@every_arrange
@settings(max_examples=50, deadline=None)
@given(shape=st.tuples(few, st.integers(1, 70), st.integers(1, 70)))
def test_channels_go_first_and_last_again(kernels, shape):
    x = numbers(*shape)
    first = run(kernels.channels_first, x.size, *shape, x)
    assert np.array_equal(first, x.transpose(0, 2, 1).ravel())
    assert np.array_equal(run(kernels.channels_last, x.size, *shape, first), x.ravel())


@every_arrange
@settings(max_examples=50, deadline=None)
@given(shape=st.tuples(few, few, few, st.integers(1, 20)), factors=st.tuples(few, few))
def test_upsampling_repeats_pixels_and_sums_their_gradients(kernels, shape, factors):
    x = numbers(*shape)
    expected = reference.upsample(x, *factors)
    y = run(kernels.upsample_forward, expected.size, *shape, *factors, x)
    assert np.array_equal(y, expected.ravel())
    dy = numbers(*expected.shape, seed=1)
    dx = run(kernels.upsample_backward, x.size, *shape, *factors, dy)
    wanted = reference.upsample_gradient(dy.astype(np.float64), *factors)
    assert np.allclose(dx, wanted.ravel(), atol=1e-5)


@every_arrange
@pytest.mark.parametrize("size", [1, 7, 30_001])
def test_add_multiply_and_copy_do_what_they_say_in_place_too(kernels, size):
    a, b = numbers(size), numbers(size, seed=1)
    for threads in (1, 2):
        assert np.array_equal(run(kernels.add, size, size, a, b, threads=threads), a + b)
        assert np.array_equal(run(kernels.multiply, size, size, a, b, threads=threads), a * b)
        assert np.array_equal(run(kernels.copy, size, size, a, threads=threads), a)
    for kernel, expected in ((kernels.add, a + b), (kernels.multiply, a * b)):
        y = a.copy()
        kernel(size, y, b, y, 2)
        assert np.array_equal(y, expected)


@every_arrange
@settings(max_examples=50, deadline=None)
@given(
    rows=st.integers(1, 9), width=st.integers(1, 20), before=st.tuples(few, few),
    behind=st.tuples(few, few),
)  # fmt: skip
def test_copy_channels_writes_its_channels_and_no_others(kernels, rows, width, before, behind):
    widths = [a + width + b for a, b in zip(before, behind, strict=True)]
    x, y = numbers(rows, widths[0]), np.full((rows, widths[1]), 5.0, np.float32)
    expected = y.copy()
    expected[:, before[1] : before[1] + width] = x[:, before[0] : before[0] + width]
    sizes = rows, widths[0], before[0], widths[1], before[1], width
    kernels.copy_channels(*sizes, given_array(x), y.reshape(-1), 2)
    assert np.array_equal(y, expected)


def drop(kernels, x, rate=0.25, keys=(7,), threads=1):
    y, size = blank(x.size), x.size // len(keys)
    noise = np.array(keys, np.uint64)
    kernels.dropout(len(keys), size, rate, noise, given_array(x), y, threads)
    assert stands(y)
    return y


@every_arrange
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_scales_the_rest(kernels, rate):
    y = drop(kernels, np.ones(200_000, np.float32), rate)
    assert set(np.unique(y)) == {0, np.float32(1 / (1 - rate))}
    assert (y == 0).mean() == pytest.approx(rate, abs=0.005)
    assert y.mean() == pytest.approx(1, abs=0.03)


@every_arrange
def test_dropout_depends_on_key_and_position_alone(kernels):
    ones = np.ones(50_000, np.float32)
    y = drop(kernels, ones)
    assert all(same_bits(drop(kernels, ones, threads=threads), y) for threads in (2, 3))
    assert same_bits(drop(kernels, ones[:9_999]), y[:9_999])
    assert same_bits(drop(kernels, ones * 3), y * 3)


@every_arrange
@pytest.mark.parametrize("size", [1, 10, 4096, 10_000])
def test_dropout_of_a_sample_does_not_depend_on_the_other_samples(kernels, size):
    keys = np.arange(5, 14, dtype=np.uint64)
    x = numbers(len(keys), size)
    alone = [drop(kernels, sample, keys=[key]) for sample, key in zip(x, keys, strict=True)]
    for threads in (1, 2, 3):
        assert same_bits(drop(kernels, x, keys=keys, threads=threads), np.concatenate(alone))


@every_arrange
def test_dropout_shows_no_pattern_along_the_array_or_between_keys(kernels):
    ones = np.ones(1 << 18, np.float32)
    kept = [drop(kernels, ones, 0.5, [key]) > 0 for key in (0, 1, 2, 1 << 32, 1 << 63)]
    for i, one in enumerate(kept):
        for shift in (1, 2, 3, 16, 4096, 8192):
            assert (one[shift:] == one[:-shift]).mean() == pytest.approx(0.5, abs=0.01)
        for other in kept[:i]:
            assert (one == other).mean() == pytest.approx(0.5, abs=0.01)
            assert (one[:-4096] == other[4096:]).mean() == pytest.approx(0.5, abs=0.01)


@every_arrange
def test_dropout_of_nothing_is_a_copy_and_hides_no_nan(kernels):
    x = numbers(1000)
    assert same_bits(drop(kernels, x, 0.0), x)
    assert np.isnan(drop(kernels, np.full(1000, np.nan), 0.5)).all()


@every_arrange
def test_dropout_works_in_place(kernels):
    x = numbers(10_000)
    y = drop(kernels, x)
    kernels.dropout(1, x.size, 0.25, np.array([7], np.uint64), x, x, 1)
    assert same_bits(x, y)


@every_arrange
@settings(max_examples=50, deadline=None)
@given(
    C=st.one_of(st.integers(1, 8), st.sampled_from([239, 240, 241, 500])),
    pixels=st.integers(1, 300),
)
def test_images_are_picked_and_normalized(kernels, C, pixels):
    source = np.random.default_rng(C)
    images = source.integers(0, 256, (4, pixels, C)).astype(np.uint8)
    indices, scale, shift = np.array([3, 0, 3]), numbers(C), numbers(C, seed=1)
    y = blank(3 * images[0].size)
    kernels.normalize_images(
        3, pixels, C, indices, images.reshape(-1), given_array(scale), given_array(shift), y, 1
    )  # fmt: skip
    assert stands(y)
    expected = images[indices].astype(np.float64) * scale + shift
    assert np.allclose(y, expected.ravel(), rtol=1e-5, atol=1e-4)


@every_arrange
def test_threads_change_no_bit(kernels):
    x, images = numbers(30, 40, 24), np.arange(60_000, dtype=np.uint64).astype(np.uint8)
    indices, scale = np.arange(20, dtype=np.int64)[::-1].copy(), numbers(3)
    found = []
    for threads in (1, 2, 3):
        normalized = blank(60_000)
        kernels.normalize_images(20, 1000, 3, indices, images, scale, scale, normalized, threads)
        found.append(
            [
                normalized,
                run(kernels.channels_first, x.size, *x.shape, x, threads=threads),
                run(kernels.channels_last, x.size, *x.shape, x, threads=threads),
                run(kernels.upsample_forward, 4 * x.size, 30, 5, 8, 24, 2, 2, x, threads=threads),
                run(kernels.upsample_backward, x.size // 4, 30, 10, 4, 6, 2, 2, x, threads=threads),
            ]
        )
    for again in found[1:]:
        assert all(map(same_bits, found[0], again))
