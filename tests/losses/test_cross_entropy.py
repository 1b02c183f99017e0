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
