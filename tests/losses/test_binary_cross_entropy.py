"""Binary cross-entropy: mean, gradient and measure against the definition."""

import numpy as np
import pytest
import reference_losses as reference
from loss_steps import draw, run_step

from cnncli.losses.binary_cross_entropy import BinaryCrossEntropy


@pytest.mark.parametrize("shape", [(1, 1), (6, 4), (33, 2)])
def test_binary_cross_entropy_agrees_with_its_definition(shape):
    outputs = draw(5, *shape)[0]
    targets = np.random.default_rng(1).random(shape).astype(np.float32)
    targets[::2] = targets[::2] < 0.4  # every other row is mixed of none
    wide = outputs.astype(np.float64)
    expected, gradient = reference.binary_cross_entropy(wide, targets.astype(np.float64))
    mean, filled = run_step(BinaryCrossEntropy(), outputs, targets, batch=50)
    assert mean == pytest.approx(expected, rel=1e-6)
    assert np.allclose(filled, gradient, atol=1e-8)
    measured = BinaryCrossEntropy().measure(outputs, targets)
    assert measured.mean() == pytest.approx(expected, rel=1e-9)


def test_binary_cross_entropy_of_huge_logits_is_finite():
    outputs = np.array([[1e4, -1e4], [-3e38, 3e38]], np.float32)
    targets = np.array([[0, 0], [0, 1]], np.float32)
    mean, gradient = run_step(BinaryCrossEntropy(), outputs, targets)
    assert mean == pytest.approx(1e4 / 4)
    assert gradient.tolist() == [[0.25, 0], [0, 0]]


def test_threads_change_no_bit():
    outputs, targets = draw(11, 4000, 3)
    once = run_step(BinaryCrossEntropy(), outputs, targets)
    for threads in (2, 3):
        again = run_step(BinaryCrossEntropy(), outputs, targets, threads)
        assert again[0] == once[0]
        assert again[1].tobytes() == once[1].tobytes()


@pytest.mark.parametrize("soft", [False, True])
def test_a_yes_and_a_no_of_each_label_have_weights(soft):
    outputs, numbers = draw(5, 33, 3)[0], np.random.default_rng(1).random((33, 3))
    targets = (numbers if soft else numbers < 0.4).astype(np.float32)
    yes, no = (4.0, 1.0, 0.3), (0.7, 1.0, 2.0)
    expected, gradient = reference.binary_cross_entropy(
        outputs.astype(np.float64), targets.astype(np.float64), np.array(yes), np.array(no)
    )
    mean, filled = run_step(BinaryCrossEntropy(yes, no), outputs, targets, batch=50)
    assert mean == pytest.approx(expected, rel=1e-6)
    assert np.allclose(filled, gradient, atol=1e-8)


def test_balanced_samples_with_and_without_a_label_weigh_alike():
    loss = BinaryCrossEntropy().balance([10, 50, 80], 100)
    assert loss.yes == pytest.approx((5, 1, 0.625))
    assert loss.no == pytest.approx((5 / 9, 1, 2.5))


@pytest.mark.parametrize(("count", "ratio"), [(1, 20), (999, 1 / 20), (0, 1), (1000, 1)])
def test_the_weight_of_a_very_rare_label_is_bounded(count, ratio):
    loss = BinaryCrossEntropy().balance([count], 1000)
    assert loss.yes[0] / loss.no[0] == pytest.approx(ratio)
    assert count * loss.yes[0] + (1000 - count) * loss.no[0] == pytest.approx(1000)


def test_a_balanced_loss_is_measured_and_named_like_another():
    outputs, targets = draw(5, 6, 2)[0], np.eye(6, 2, dtype=np.float32)
    loss = BinaryCrossEntropy().balance([1, 1], 6)
    assert (loss.measure(outputs, targets) == BinaryCrossEntropy().measure(outputs, targets)).all()
    assert str(loss) == "bce"
