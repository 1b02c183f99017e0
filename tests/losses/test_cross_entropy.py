"""Cross-entropy: class weights, pixels and measure; its kernel has tests of its own."""

import numpy as np
import pytest
import reference_losses as reference
from loss_steps import draw, run_step

from cnncli.losses.cross_entropy import CrossEntropy


def test_class_weights_make_the_mean_a_weighted_one():
    outputs, weights = draw(7, 30, 3)[0], (0.2, 1.0, 5.0)
    labels = (np.arange(30) % 3).astype(np.int32)
    wide = outputs.astype(np.float64)
    expected, gradient = reference.weighted_cross_entropy(wide, labels, np.array(weights))
    mean, filled = run_step(CrossEntropy(weights=weights), outputs, labels)
    assert mean == pytest.approx(expected, rel=1e-6)
    assert np.allclose(filled, gradient, atol=1e-7)


def test_equal_weights_change_nothing():
    outputs = draw(7, 9, 4)[0]
    labels = (np.arange(9) % 4).astype(np.int32)
    plain = run_step(CrossEntropy(0.1), outputs, labels)
    same = run_step(CrossEntropy(0.1, (1.0,) * 4), outputs, labels)
    assert plain[0] == same[0]
    assert np.array_equal(plain[1], same[1])


def test_every_pixel_is_measured_and_an_image_gets_their_mean():
    outputs = np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(np.float32)
    labels = np.random.default_rng(1).integers(0, 5, (2, 3, 4)).astype(np.int32)
    mean, _ = run_step(CrossEntropy(), outputs, labels)
    measured = CrossEntropy().measure(outputs, labels)
    assert measured.shape == (2,)
    assert measured.mean() == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("weights", [(), (0.2, 1.0, 5.0)])
def test_what_has_no_label_is_left_out(weights):
    outputs = draw(7, 30, 3)[0]
    labels = (np.arange(30) % 4 - 1).astype(np.int32)
    wide = outputs.astype(np.float64)
    expected, gradient = reference.weighted_cross_entropy(
        wide, labels, np.array(weights or (1.0, 1.0, 1.0))
    )
    mean, filled = run_step(CrossEntropy(weights=weights), outputs, labels)
    assert mean == pytest.approx(expected, rel=1e-6)
    assert np.allclose(filled, gradient, atol=1e-7)
    assert not filled[labels < 0].any()


def test_the_measure_of_an_image_is_the_mean_over_its_labeled_pixels():
    outputs = np.random.default_rng(0).standard_normal((3, 2, 4, 5)).astype(np.float32)
    labels = np.random.default_rng(1).integers(0, 5, (3, 2, 4)).astype(np.int8)
    whole = CrossEntropy().measure(outputs, labels)
    labels[1, 0], labels[2] = -1, -1
    measured = CrossEntropy().measure(outputs, labels)
    half = CrossEntropy().measure(outputs[1:2, 1:], labels[1:2, 1:])
    assert measured == pytest.approx([whole[0], half[0], 0])


def test_a_batch_without_labels_has_no_loss():
    mean, filled = run_step(CrossEntropy(), draw(7, 4, 3)[0], np.full(4, -1, np.int32))
    assert mean == 0
    assert not filled.any()


def mix(seed, n, K):
    """Return logits (n, K), and shares of two classes in each row."""
    first, second = np.random.default_rng(seed).integers(0, K, (2, n))
    share = np.random.default_rng(seed + 1).random((n, 1)).astype(np.float32)
    eye = np.eye(K, dtype=np.float32)
    return draw(seed, n, K)[0], share * eye[first] + (1 - share) * eye[second]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [(), (0.2, 1.0, 5.0)])
def test_a_mixed_sample_has_its_share_of_the_loss_of_each_class(smoothing, weights):
    outputs, shares = mix(3, 20, 3)
    expected, gradient = reference.mixed_cross_entropy(
        outputs.astype(np.float64), shares, np.array(weights or (1.0,) * 3), smoothing
    )
    mean, filled = run_step(CrossEntropy(smoothing, weights), outputs, shares, batch=30)
    assert mean == pytest.approx(expected, rel=1e-6)
    assert np.allclose(filled, gradient, atol=1e-7)


@pytest.mark.parametrize("weights", [(), (0.2, 1.0, 5.0, 2.0)])
def test_a_share_of_one_costs_what_the_class_costs(weights):
    outputs = draw(7, 9, 4)[0]
    labels = (np.arange(9) % 4).astype(np.int32)
    whole = run_step(CrossEntropy(0.1, weights), outputs, labels)
    shares = np.eye(4, dtype=np.float32)[labels]
    mixed = run_step(CrossEntropy(0.1, weights), outputs, shares)
    assert mixed[0] == pytest.approx(whole[0], rel=1e-6)
    assert np.allclose(mixed[1], whole[1], atol=1e-7)


def test_threads_change_no_bit_of_a_mixed_loss():
    outputs, shares = mix(5, 4000, 10)
    once = run_step(CrossEntropy(0.1), outputs, shares)
    for threads in (2, 3):
        again = run_step(CrossEntropy(0.1), outputs, shares, threads)
        assert again[0] == once[0]
        assert again[1].tobytes() == once[1].tobytes()


BALANCED = CrossEntropy().balance([90, 6, 4], 100)


def test_balanced_logits_that_say_nothing_leave_the_shares_of_the_classes():
    _, gradient = run_step(BALANCED, np.zeros((1, 3), np.float32), np.array([2], np.int32))
    assert gradient[0] == pytest.approx([0.9, 0.06, 0.04 - 1], abs=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_balanced_cross_entropy_is_that_of_logits_with_the_log_of_the_shares(smoothing):
    outputs, labels = draw(7, 30, 3)[0], (np.arange(30) % 3).astype(np.int32)
    shares = np.array([0.9, 0.06, 0.04])
    p = np.exp(outputs.astype(np.float64)) * shares
    p /= p.sum(1, keepdims=True)
    wanted = smoothing * shares + (1 - smoothing) * np.eye(3)[labels]
    mean, gradient = run_step(BALANCED.with_smoothing(smoothing), outputs, labels, batch=40)
    assert mean == pytest.approx(-(wanted * np.log(p)).sum() / 30, rel=1e-6)
    assert np.allclose(gradient, (p - wanted) / 30, atol=1e-7)


def test_a_sample_that_is_wholly_of_one_class_is_balanced_as_its_label_is():
    outputs, labels = draw(7, 9, 3)[0], (np.arange(9) % 3).astype(np.int32)
    loss = BALANCED.with_smoothing(0.1)
    plain = run_step(loss, outputs, labels)
    mixed = run_step(loss, outputs, np.eye(3, dtype=np.float32)[labels])
    assert mixed[0] == pytest.approx(plain[0], rel=1e-6)
    assert np.allclose(mixed[1], plain[1], atol=1e-7)


def test_classes_of_one_size_are_balanced_already():
    outputs, labels = draw(7, 9, 3)[0], (np.arange(9) % 3).astype(np.int32)
    plain = run_step(CrossEntropy(0.1), outputs, labels)
    balanced = run_step(CrossEntropy(0.1).balance([5, 5, 5], 15), outputs, labels)
    assert balanced[0] == pytest.approx(plain[0], rel=1e-6)
    assert np.allclose(balanced[1], plain[1], atol=1e-7)


def test_a_class_without_samples_is_taken_for_a_common_one():
    assert CrossEntropy().balance([6, 0, 3], 9).shares == (0.4, 0.4, 0.2)


def test_a_balanced_loss_is_measured_and_named_like_any_cross_entropy():
    outputs, labels = draw(7, 9, 3)[0], (np.arange(9) % 3).astype(np.int32)
    assert (BALANCED.measure(outputs, labels) == CrossEntropy().measure(outputs, labels)).all()
    assert str(BALANCED) == "cross-entropy"


def test_threads_change_no_bit_of_a_balanced_loss():
    outputs, labels = draw(11, 4000, 3)[0], (np.arange(4000) % 3).astype(np.int32)
    once, again = (run_step(BALANCED, outputs, labels, threads) for threads in (1, 3))
    assert once[0] == again[0]
    assert once[1].tobytes() == again[1].tobytes()
