"""Every loss: its mean, its gradient and its measure against their definitions."""

import numpy as np
import pytest
import reference_losses as reference

from cnncli.errors import UsageError
from cnncli.losses import LOSSES
from cnncli.losses.absolute_error import AbsoluteError
from cnncli.losses.binary_cross_entropy import BinaryCrossEntropy
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.losses.huber import Huber
from cnncli.losses.squared_error import SquaredError

NUMBERS = [
    (SquaredError(), reference.squared),
    (AbsoluteError(), reference.absolute),
    (Huber(), lambda x, t: reference.huber(x, t, 1.0)),
    (Huber(0.3), lambda x, t: reference.huber(x, t, 0.3)),
]


def run_step(loss, outputs, targets, threads=1, batch=None):
    """Return the mean loss and its gradient, in arrays with room for a batch."""
    room = np.full((batch or len(outputs), *outputs.shape[1:]), np.nan, np.float32)
    room[: len(outputs)] = outputs
    gradient = np.full_like(room, np.nan)
    mean = loss.build(room, gradient, threads)(targets, len(outputs))
    assert np.isnan(gradient[len(outputs) :]).all()
    return mean, gradient[: len(outputs)]


def draw(seed, n, K, scale=2.0):
    numbers = np.random.default_rng(seed)
    return [(numbers.standard_normal((n, K)) * scale).astype(np.float32) for _ in range(2)]


@pytest.mark.parametrize(("loss", "definition"), NUMBERS)
@pytest.mark.parametrize("shape", [(1, 1), (7, 1), (5, 3), (40, 2)])
def test_losses_of_numbers_agree_with_their_definitions(loss, definition, shape):
    outputs, targets = draw(3, *shape)
    expected, gradient = definition(outputs.astype(np.float64), targets.astype(np.float64))
    mean, filled = run_step(loss, outputs, targets, batch=shape[0] + 2)
    assert mean == pytest.approx(expected, rel=1e-6)
    assert np.allclose(filled, gradient, rtol=1e-6, atol=1e-9)
    assert loss.measure(outputs, targets).mean() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("loss", "_"), NUMBERS)
def test_an_exact_answer_costs_nothing(loss, _):
    mean, gradient = run_step(loss, np.ones((2, 2), np.float32), np.ones((2, 2), np.float32))
    assert mean == 0
    assert not gradient.any()


@pytest.mark.parametrize("shape", [(1, 1), (6, 4), (33, 2)])
def test_binary_cross_entropy_agrees_with_its_definition(shape):
    outputs = draw(5, *shape)[0]
    targets = (np.random.default_rng(1).random(shape) < 0.4).astype(np.float32)
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


@pytest.mark.parametrize("loss", [*(loss for loss, _ in NUMBERS), BinaryCrossEntropy()])
def test_threads_change_no_bit(loss):
    outputs, targets = draw(11, 4000, 3)
    once = run_step(loss, outputs, targets)
    for threads in (2, 3):
        again = run_step(loss, outputs, targets, threads)
        assert again[0] == once[0]
        assert again[1].tobytes() == once[1].tobytes()


def test_a_loss_is_read_from_its_name_and_from_its_own_text():
    for name in LOSSES:
        assert str(LOSSES.read(name)) == name
    assert LOSSES.read("huber(0.25)") == LOSSES.read("huber(delta=0.25)") == Huber(0.25)
    for delta in (0.25, 1e-5, 12345.5):
        assert LOSSES.read(str(Huber(delta))) == Huber(delta)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("l2", f"loss l2: not known; give {', '.join(LOSSES)}"),
        ("hubr(1)", "loss hubr: not known; did you mean huber?"),
        ("huber(0)", "loss huber: delta is '0'; expected a number above 0"),
        ("huber(-1)", "loss huber: delta is '-1'; expected a number above 0"),
        ("mse(1)", "loss mse: '1' is one setting too many"),
    ],
)
def test_a_loss_that_does_not_exist_is_an_error_that_says_what_would_fit(text, message):
    with pytest.raises(UsageError) as caught:
        LOSSES.read(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", LOSSES)
def test_smoothing_and_class_weights_are_for_the_losses_with_cross_entropy(name):
    loss = LOSSES.read(name)
    assert loss.with_smoothing(0.0) == loss
    assert loss.smooths == (name in {"cross-entropy", "both"})
    if loss.smooths:
        assert loss.with_smoothing(0.1).smoothing == 0.1
        assert loss.with_class_weights([1.0, 2.0]).weights == (1.0, 2.0)
        return
    with pytest.raises(UsageError, match=f"label_smoothing is not for {name}; leave it out"):
        loss.with_smoothing(0.1)
    with pytest.raises(UsageError, match=f"weighted is not for {name}; leave it out"):
        loss.with_class_weights([1.0, 2.0])
