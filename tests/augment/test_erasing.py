import numpy as np

from cnncli.augment import Draws
from cnncli.augment.erasing import Cutout

DRAWS = Draws(3, 0, np.arange(400))
SCALE = np.ones(1, np.float32)


def erase(step, height=12, width=9):
    """Return where images of ones are erased (n, height, width)."""
    inputs = np.ones((400, height, width, 1), np.float32)
    step.change(DRAWS, inputs, SCALE)
    assert np.isin(inputs, (0, 1)).all()
    return inputs[..., 0] == 0


def test_a_square_is_erased_or_the_part_of_it_that_lies_in_the_image():
    erased = erase(Cutout(4.0))
    rows, columns = erased.any(axis=2).sum(axis=1), erased.any(axis=1).sum(axis=1)
    assert (erased.sum(axis=(1, 2)) == rows * columns).all()
    assert set(rows) == set(columns) == {2, 3, 4}


def test_every_pixel_is_erased_about_as_often_as_any():
    counts = erase(Cutout(3.0)).mean(axis=0)[2:-2, 2:-2]
    assert counts.min() > 0.4 * counts.max()


def test_a_share_is_that_of_the_shorter_side():
    assert erase(Cutout(0.5)).any(axis=2).sum(axis=1).max() == 4
