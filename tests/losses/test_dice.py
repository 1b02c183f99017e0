import numpy as np
import pytest
import reference
import reference_losses

from cnncli.errors import UsageError
from cnncli.losses import LOSSES


def case(K=3):
    numbers = np.random.default_rng(0)
    output = numbers.standard_normal((2, 5, 4, K)).astype(np.float32)
    return output, numbers.integers(0, K, (2, 5, 4)).astype(np.int32)


@pytest.mark.parametrize("name", ["dice", "both"])
def test_a_step_fills_in_the_gradient_of_what_it_returns(name):
    output, targets = case()
    gradient = np.zeros_like(output)
    value = LOSSES.read(name).build(output, gradient, 1)(targets, 2)
    wide, labels = output.reshape(-1, 3).astype(np.float64), targets.reshape(-1)
    expected, slopes = reference.dice(wide, labels)
    if name == "both":
        losses, more = reference.cross_entropy(wide, labels, 0.0)
        expected, slopes = expected + losses.mean(), slopes + more
    assert value == pytest.approx(expected, rel=1e-6)
    assert np.allclose(gradient.reshape(-1, 3), slopes, atol=1e-7)


def test_weights_make_a_weighted_mean_of_cross_entropy():
    output, targets = case()
    weights = np.array([1.0, 2.0, 5.0])
    loss = LOSSES.read("both").with_class_weights(weights)
    value = loss.build(output, np.zeros_like(output), 1)(targets, 2)
    wide, labels = output.reshape(-1, 3).astype(np.float64), targets.reshape(-1)
    losses, _ = reference.cross_entropy(wide, labels, 0.0)
    cross = (losses * weights[labels]).sum() / weights[labels].sum()
    assert value == pytest.approx(reference.dice(wide, labels)[0] + cross, rel=1e-6)


@pytest.mark.parametrize("name", ["dice", "both"])
def test_each_image_is_measured_by_itself(name):
    output, targets = case()
    measured = LOSSES.read(name).measure(output, targets)
    for i in range(2):
        alone = LOSSES.read(name).build(output[i : i + 1], np.zeros_like(output[:1]), 1)
        assert measured[i] == pytest.approx(alone(targets[i : i + 1], 1), rel=1e-6)


@pytest.mark.parametrize("name", ["dice", "both"])
@pytest.mark.parametrize("without", [np.s_[0, 0], np.s_[:, :, 2], np.s_[1]])
def test_pixels_without_a_label_are_left_out(name, without):
    output, targets = case()
    targets[without] = -1
    gradient = np.zeros_like(output)
    value = LOSSES.read(name).build(output, gradient, 1)(targets, 2)
    wide, labels = output.reshape(-1, 3).astype(np.float64), targets.reshape(-1)
    expected, slopes = reference.dice(wide, labels)
    if name == "both":
        more = reference_losses.weighted_cross_entropy(wide, labels, np.ones(3))
        expected, slopes = expected + more[0], slopes + more[1]
    assert value == pytest.approx(expected, rel=1e-6)
    assert np.allclose(gradient.reshape(-1, 3), slopes, atol=1e-7)
    labeled = output[0][targets[0] >= 0], targets[0][targets[0] >= 0]
    alone = LOSSES.read(name).measure(labeled[0][None, None], labeled[1][None, None])
    assert LOSSES.read(name).measure(output, targets)[0] == pytest.approx(alone[0])


def test_an_image_without_labels_has_no_dice_loss():
    output, targets = case()
    targets[1] = -1
    assert LOSSES.read("dice").measure(output, targets)[1] == 0


def test_a_class_that_does_not_occur_does_not_count():
    output, targets = np.full((1, 5, 4, 3), -30, np.float32), np.zeros((1, 5, 4), np.int32)
    output[..., 0] = 30
    assert LOSSES.read("dice").measure(output, targets) == pytest.approx([0.0], abs=1e-9)


def test_class_weights_are_refused_with_the_loss_that_takes_them():
    with pytest.raises(UsageError, match=r"weighted is not for dice; .* or take loss both"):
        LOSSES.read("dice").with_class_weights([1.0, 2.0])
