"""A loss run as a plan runs it, and numbers to run it on."""

import numpy as np


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
