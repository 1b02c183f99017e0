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
