"""The losses of every pixel against their float64 twins, on every instruction set of this CPU."""

import numpy as np
import pytest
import reference
from fence import blank, every_isa, given_array, same_bits, stands

every_segmentation = every_isa("elementwise")


def losses(kernels, logits, labels, *, smoothing=0.0, cross=1.0, dice=0.0, weights=None, threads=1):
    """Return cross-entropy, Dice loss and the gradient of their weighted sum."""
    n, K = np.shape(logits)
    dlogits = blank(n * K)
    weights = np.ones(K) if weights is None else np.asarray(weights, np.float64)
    scratch = np.full(kernels.pixel_scratch_size(n, K), np.nan)
    entropy, overlap = kernels.pixel_losses(
        n, K, smoothing, cross, dice, given_array(np.asarray(logits, np.float32)),
        np.asarray(labels, np.int32), weights, dlogits, scratch, threads,
    )  # fmt: skip
    assert stands(dlogits)
    return entropy, overlap, dlogits.reshape(n, K)


def case(n, K, seed=0):
    numbers = np.random.default_rng(seed)
    return (2 * numbers.standard_normal((n, K))).astype(np.float32), numbers.integers(0, K, n)


@every_segmentation
@pytest.mark.parametrize(("n", "K"), [(1, 2), (50, 3), (5000, 2)])
@pytest.mark.parametrize(("cross", "dice"), [(1, 0), (0, 1), (1, 1)])
def test_losses_and_gradient_agree_with_their_twins(kernels, n, K, cross, dice):
    logits, labels = case(n, K)
    weights = np.arange(1, K + 1) / K
    found = losses(kernels, logits, labels, smoothing=0.1, cross=cross, dice=dice, weights=weights)
    wide, shares = logits.astype(np.float64), weights[labels] / weights[labels].sum()
    expected, gradient = reference.cross_entropy(wide, labels, 0.1)
    overlap, slopes = reference.dice(wide, labels)
    assert found[0] == pytest.approx(expected @ shares, rel=1e-6)
    assert found[1] == pytest.approx(overlap, rel=1e-6)
    whole = cross * n * gradient * shares[:, None] + dice * slopes
    assert np.allclose(found[2], whole, rtol=1e-4, atol=1e-7 / n)


@every_segmentation
@pytest.mark.parametrize("without", [[0], [3, 4, 5], [2, 49], [*range(2, 50)]])
@pytest.mark.parametrize(("cross", "dice"), [(1, 0), (0, 1), (1, 1)])
def test_pixels_without_a_label_change_nothing(kernels, without, cross, dice):
    logits, labels = case(50, 3)
    labels[without] = -1
    logits[without] *= 9
    with_label = labels >= 0
    settings = {"cross": cross, "dice": dice, "weights": [1, 2, 3]}
    found = losses(kernels, logits, labels, **settings)
    alone = losses(kernels, logits[with_label], labels[with_label], **settings)
    assert found[:2] == pytest.approx(alone[:2], rel=1e-12)
    assert np.allclose(found[2][with_label], alone[2], rtol=1e-6)
    assert not found[2][~with_label].any()
    expected = reference.dice(logits.astype(np.float64), labels)
    assert found[1] == pytest.approx(expected[0], rel=1e-6)


@every_segmentation
def test_without_any_label_there_is_neither_loss_nor_gradient(kernels):
    entropy, overlap, dlogits = losses(kernels, case(9, 3)[0], np.full(9, -1), dice=1)
    assert (entropy, overlap) == (0, 0)
    assert not dlogits.any()


def test_the_reference_of_dice_has_the_gradient_that_differences_show():
    logits, labels = case(6, 3)
    wide, step = logits.astype(np.float64), 1e-6
    _, gradient = reference.dice(wide, labels)
    for place in np.ndindex(wide.shape):
        moved = np.zeros_like(wide)
        moved[place] = step
        up, down = (reference.dice(wide + sign * moved, labels)[0] for sign in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / (2 * step), abs=1e-8)


@every_segmentation
def test_a_certain_and_right_answer_has_no_dice_loss_and_a_wrong_one_has_all_of_it(kernels):
    sure = np.array([[40.0, 0.0], [0.0, 40.0]])
    assert losses(kernels, sure, [0, 1])[1] == pytest.approx(0, abs=1e-12)
    assert losses(kernels, sure, [1, 0])[1] == pytest.approx(1, abs=1e-12)


@every_segmentation
def test_a_class_without_a_pixel_does_not_count_in_dice(kernels):
    sure = [[40.0, 0.0, 0.0], [0.0, 40.0, 0.0]]
    assert losses(kernels, sure, [0, 1])[1] == pytest.approx(0, abs=1e-12)


@every_segmentation
def test_weights_scale_the_pixels_of_their_class(kernels):
    logits, labels = case(10, 2)
    once = losses(kernels, logits, labels)[2]
    found = losses(kernels, logits, labels, weights=[1, 3])[2]
    weights = np.array([1, 3])[labels]
    assert np.allclose(found, once * (weights / weights.mean())[:, None], rtol=1e-6)


@every_segmentation
def test_huge_logits_stay_finite(kernels):
    entropy, overlap, dlogits = losses(kernels, [[1e4, -1e4], [-3e38, 0]], [1, 1], dice=1)
    assert entropy == pytest.approx(1e4)
    assert np.isfinite(overlap)
    assert np.isfinite(dlogits).all()


@every_segmentation
def test_nan_shows_in_the_loss(kernels):
    assert np.isnan(losses(kernels, [[0, np.nan], [1, 2]], [0, 0])[0])


@every_segmentation
def test_the_number_of_threads_changes_no_bit(kernels):
    logits, labels = case(10000, 3)
    once = losses(kernels, logits, labels, dice=1)
    for threads in (2, 3):
        again = losses(kernels, logits, labels, dice=1, threads=threads)
        assert again[:2] == once[:2]
        assert same_bits(again[2], once[2])
