import numpy as np
from stripes import stripes

from cnncli.data.batches.batch import Batch
from cnncli.errors import DivergedError
from cnncli.training.divergence import build_error, describe_step


def batch(*largest):
    """Return a batch of the first samples, whose largest values are these."""
    inputs = np.zeros((len(largest), 8, 8, 1), np.float32)
    inputs[:, 3, 4, 0] = largest
    return Batch(inputs, np.zeros(len(largest), np.int32), np.arange(len(largest)))


BATCHES = stripes(0, 20).batches(5)


def test_a_step_names_the_samples_with_the_largest_values_first():
    assert describe_step(0.01, batch(1, -3, 2), BATCHES) == "lr 0.01, with 1, 2, 0"
    values = (1, np.nan, 5, -1e30, 2, np.inf)
    assert describe_step(0.001, batch(*values), BATCHES) == "lr 0.001, with 1, 5, 3 and 3 more"


def test_the_error_says_where_what_and_what_to_try():
    error = build_error("loss", "epoch 2", 0.125)
    assert isinstance(error, DivergedError)
    assert (
        str(error) == "epoch 2: the loss is no longer a finite number; try a smaller lr than 0.125"
    )
