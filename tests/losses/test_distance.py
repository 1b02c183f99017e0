"""The losses of numbers: mean, gradient and measure against their definitions."""

import numpy as np
import pytest
import reference_losses as reference
from loss_steps import draw, run_step

from cnncli.losses.absolute_error import AbsoluteError
from cnncli.losses.huber import Huber
from cnncli.losses.squared_error import SquaredError

NUMBERS = [
    (SquaredError(), reference.squared),
    (AbsoluteError(), reference.absolute),
    (Huber(), lambda x, t: reference.huber(x, t, 1.0)),
    (Huber(0.3), lambda x, t: reference.huber(x, t, 0.3)),
]


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


@pytest.mark.parametrize("loss", [loss for loss, _ in NUMBERS])
def test_threads_change_no_bit(loss):
    outputs, targets = draw(11, 4000, 3)
    once = run_step(loss, outputs, targets)
    for threads in (2, 3):
        again = run_step(loss, outputs, targets, threads)
        assert again[0] == once[0]
        assert again[1].tobytes() == once[1].tobytes()
