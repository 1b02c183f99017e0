"""Softmax cross-entropy against its float64 twin, on every instruction set of this CPU."""

import numpy as np
import pytest
import reference
from fence import blank, every_isa, given_array, same_bits, stands
from hypothesis import given, settings
from hypothesis import strategies as st

every_loss = every_isa("elementwise")
NONE = np.empty(0, np.float32)
EVEN = np.empty(0)


def loss(kernels, logits, labels, smoothing=0.0, threads=1):
    """Return losses, gradient and probabilities."""
    n, K = np.shape(logits)
    losses, dlogits, probabilities = np.full(n, np.nan), blank(n * K), blank(n * K)
    kernels.softmax_cross_entropy(
        n, K, smoothing, EVEN, n, given_array(np.asarray(logits)), np.asarray(labels, np.int32),
        losses, dlogits, probabilities, threads,
    )  # fmt: skip
    assert stands(dlogits)
    assert stands(probabilities)
    return losses, dlogits.reshape(n, K), probabilities.reshape(n, K)


@every_loss
@settings(max_examples=80, deadline=None)
@given(
    n=st.integers(1, 20),
    K=st.integers(1, 40),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
    scale=st.sampled_from([0.1, 3, 30]),
)
def test_loss_and_gradient_agree_with_their_twins(kernels, n, K, smoothing, scale):
    numbers = np.random.default_rng(n)
    logits = (numbers.standard_normal((n, K)) * scale).astype(np.float32)
    labels = numbers.integers(0, K, n)
    losses, dlogits, probabilities = loss(kernels, logits, labels, smoothing)
    wide = logits.astype(np.float64)
    expected, gradient = reference.cross_entropy(wide, labels, smoothing)
    assert np.allclose(losses, expected, rtol=1e-6, atol=1e-6)
    assert np.allclose(dlogits, gradient, atol=1e-6)
    assert np.allclose(probabilities, reference.softmax(wide), atol=1e-6)


@every_loss
def test_even_logits_cost_the_logarithm_of_the_number_of_classes(kernels):
    losses, dlogits, probabilities = loss(kernels, np.zeros((2, 4)), [1, 3])
    assert np.allclose(losses, np.log(4), rtol=1e-7)
    assert (probabilities == 0.25).all()
    assert dlogits.tolist() == [[0.125, -0.375, 0.125, 0.125], [0.125, 0.125, 0.125, -0.375]]


@every_loss
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_huge_logits_neither_overflow_nor_lose_the_loss(kernels, smoothing):
    losses, dlogits, _ = loss(kernels, [[1e4, -1e4, 0], [-3e38, 0, 0]], [1, 1], smoothing)
    assert losses[0] == pytest.approx(2e4 if smoothing == 0 else 0.9 * 2e4 + 0.1 * 1e4)
    assert np.isfinite(losses).all()
    assert np.isfinite(dlogits).all()


@every_loss
def test_a_certain_and_right_answer_costs_next_to_nothing(kernels):
    losses, dlogits, _ = loss(kernels, [[30.0, 0.0]], [0])
    assert losses[0] == pytest.approx(np.exp(-30), rel=1e-2)
    assert np.abs(dlogits).max() < 1e-12


@every_loss
def test_nan_spoils_its_image_and_no_other(kernels):
    losses, dlogits, _ = loss(kernels, [[0, np.nan, 0], [1, 2, 3]], [0, 0], 0.1)
    assert np.isnan(losses).tolist() == [True, False]
    assert np.isnan(dlogits).any(1).tolist() == [True, False]


@every_loss
def test_gradient_and_probabilities_can_be_left_out(kernels):
    logits = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)
    labels = np.arange(5, dtype=np.int32)
    expected = loss(kernels, logits, labels)
    losses, dlogits, probabilities = np.full(5, np.nan), blank(35), blank(35)
    flat = logits.reshape(-1)
    kernels.softmax_cross_entropy(5, 7, 0.0, EVEN, 5, flat, labels, losses, NONE, NONE, 1)
    kernels.softmax_cross_entropy(5, 7, 0.0, EVEN, 5, flat, labels, losses, dlogits, NONE, 1)
    kernels.softmax_cross_entropy(5, 7, 0.0, EVEN, 5, flat, labels, losses, NONE, probabilities, 1)
    assert all(map(same_bits, (losses, dlogits, probabilities), expected))


@every_loss
def test_images_and_threads_do_not_matter_to_one_another(kernels):
    numbers = np.random.default_rng(1)
    logits, labels = numbers.standard_normal((1000, 10)), numbers.integers(0, 10, 1000)
    once = loss(kernels, logits, labels, 0.1)
    for threads in (2, 3):
        assert all(map(same_bits, loss(kernels, logits, labels, 0.1, threads), once))
    alone = loss(kernels, logits[5:6], labels[5:6], 0.1)
    assert alone[0] == once[0][5]
    assert same_bits(alone[2], once[2][5:6])


@every_loss
@pytest.mark.parametrize("without", [[0], [1, 3], [0, 1, 2, 3, 4]])
def test_rows_without_a_label_have_neither_loss_nor_gradient(kernels, without):
    logits = np.random.default_rng(4).standard_normal((5, 7)).astype(np.float32)
    labels = np.arange(5)
    whole = loss(kernels, logits, labels, 0.1)
    labels[without] = -1
    found = loss(kernels, logits, labels, 0.1)
    with_label = labels >= 0
    for part, before in zip(found[:2], whole[:2], strict=True):
        assert not part[~with_label].any()
        assert np.array_equal(part[with_label], before[with_label])
    assert same_bits(found[2], whole[2])


@every_loss
def test_only_rows_with_a_label_weigh(kernels):
    labels = np.array([0, -1, 2, 2], np.int32)
    assert kernels.sum_weights(4, EVEN, labels) == 3
    assert kernels.sum_weights(4, np.array([0.5, 7.0, 2.0]), labels) == 4.5
    assert kernels.sum_weights(2, EVEN, labels) == 1


def mixed_loss(kernels, logits, shares, smoothing=0.0, weights=EVEN):
    """Return losses and gradient of rows with a share of every class."""
    n, K = np.shape(logits)
    losses, dlogits = np.full(n, np.nan), blank(n * K)
    given_shares = given_array(np.asarray(shares))
    total = kernels.sum_mixed_weights(n, K, weights, given_shares)
    kernels.mixed_cross_entropy(
        n, K, smoothing, weights, total, given_array(np.asarray(logits)), given_shares,
        losses, dlogits, 1,
    )  # fmt: skip
    assert stands(dlogits)
    return losses, dlogits.reshape(n, K)


@every_loss
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("K", [1, 2, 9, 40])
def test_the_loss_of_a_mixed_row_is_that_of_its_classes_by_their_shares(kernels, K, smoothing):
    numbers = np.random.default_rng(K)
    logits = (3 * numbers.standard_normal((6, K))).astype(np.float32)
    shares = numbers.dirichlet(np.ones(K), 6).astype(np.float32)
    losses, dlogits = mixed_loss(kernels, logits, shares, smoothing)
    wide = logits.astype(np.float64)
    parts = [reference.cross_entropy(wide, np.full(6, k), smoothing) for k in range(K)]
    assert np.allclose(losses, sum(shares[:, k] * parts[k][0] for k in range(K)), rtol=1e-6)
    expected = sum(shares[:, k, None] * parts[k][1] for k in range(K))
    assert np.allclose(dlogits, expected, atol=1e-7)


@every_loss
def test_the_gradient_of_a_mixed_row_is_that_of_small_differences(kernels):
    numbers = np.random.default_rng(2)
    logits, weights = numbers.standard_normal((3, 4)).astype(np.float32), np.array([1, 3, 0.5, 2.0])
    shares = numbers.dirichlet(np.ones(4), 3).astype(np.float32)
    total = (shares * weights).sum()
    _, dlogits = mixed_loss(kernels, logits, shares, 0.1, weights)
    for place in np.ndindex(3, 4):
        above, below = logits.copy(), logits.copy()
        above[place] += 2**-7
        below[place] -= 2**-7
        ends = [mixed_loss(kernels, end, shares, 0.1, weights)[0].sum() for end in (above, below)]
        assert dlogits[place] == pytest.approx((ends[0] - ends[1]) * 2**6 / total, abs=1e-5)


@every_loss
def test_huge_logits_leave_the_loss_of_a_mixed_row_finite(kernels):
    losses, dlogits = mixed_loss(
        kernels, [[1e4, -1e4, 0], [-np.inf, 0, 0]], [[0.5, 0.5, 0], [0, 0.5, 0.5]]
    )
    assert losses == pytest.approx([1e4, np.log(2)])
    assert np.isfinite(dlogits).all()


@every_loss
def test_class_weights_of_a_mixed_row_count_by_its_shares(kernels):
    shares = np.array([0.25, 0.75, 0, 0, 0, 1], np.float32)
    assert kernels.sum_mixed_weights(2, 3, np.array([4.0, 8.0, 2.0]), shares) == 1 + 6 + 2
    assert kernels.sum_mixed_weights(2, 3, EVEN, shares) == 2
