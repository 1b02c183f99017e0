"""The registry of losses, and what losses say they can do."""

import pytest

from cnncli.errors import UsageError
from cnncli.losses import LOSSES
from cnncli.losses.huber import Huber


def test_a_loss_is_read_from_its_name_and_from_its_own_text():
    for name in LOSSES:
        assert str(LOSSES.read(name)) == name
    assert LOSSES.read("huber(0.25)") == LOSSES.read("huber(delta=0.25)") == Huber(0.25)
    for delta in (0.25, 1e-5, 12345.5):
        assert LOSSES.read(str(Huber(delta))) == Huber(delta)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("qqq", f"loss qqq: not known; give {', '.join(LOSSES)}"),
        ("l2", "loss l2: not known; did you mean mse?"),
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


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "dice"])
def test_losses_without_classes_or_labels_cannot_be_balanced(name):
    with pytest.raises(UsageError, match=f"weighted is not for {name}; leave it out"):
        LOSSES.read(name).balance([1, 2], 3)
