"""Copies of samples, and means over what is answered to them."""

import numpy as np
import pytest

from cnncli.engine.copies import AS_IT_IS, Copy, average, describe_copies, make_copies

IMAGE = np.arange(6).reshape(1, 2, 3, 1)


@pytest.mark.parametrize(
    ("mirrored", "weights"),
    [
        ([], [0.5, 0.25, 0.25]),
        ([1], [0.25] * 2 + [0.125] * 4),
        ([0, 1], [0.125] * 4 + [1 / 16] * 8),
    ],
)
def test_half_of_the_weight_is_on_what_is_not_shifted(mirrored, weights):
    copies = make_copies(mirrored)
    assert [copy.weight for copy in copies] == weights
    assert len({(copy.shift, copy.mirrored) for copy in copies}) == len(copies)


@pytest.mark.parametrize(
    ("copy", "pixels"),
    [
        (AS_IT_IS, [[0, 1, 2], [3, 4, 5]]),
        (Copy(1.0, 1), [[4, 3, 4], [1, 0, 1]]),
        (Copy(1.0, -1), [[4, 5, 4], [1, 2, 1]]),
        (Copy(1.0, 0, (1,)), [[2, 1, 0], [5, 4, 3]]),
        (Copy(1.0, 0, (0,)), [[3, 4, 5], [0, 1, 2]]),
        (Copy(1.0, 1, (0, 1)), [[1, 0, 1], [4, 3, 4]]),
    ],
)
def test_an_image_is_shifted_then_mirrored(copy, pixels):
    assert copy.make(IMAGE)[0, ..., 0].tolist() == pixels


def test_a_signal_is_shifted_along_its_length():
    signal = np.arange(8, dtype=np.float32).reshape(1, 4, 2)
    assert Copy(1.0, 1).make(signal)[0].tolist() == [[2, 3], [0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize("copy", make_copies([0, 1]))
def test_pixels_that_stay_in_the_image_are_brought_back(copy):
    image = np.random.default_rng(0).random((5, 6, 2))
    back = copy.bring_back(copy.make(image[None])[0])
    assert np.array_equal(back[1:-1, 1:-1], image[1:-1, 1:-1])


def test_a_mean_is_over_the_answers_by_their_weights():
    answer = np.zeros(2, np.float32)

    def count(copy):
        answer[:] = copy.shift + 10 * len(copy.mirrored), 1
        return answer

    mean = average(make_copies([1]), count)
    assert mean.tolist() == [5, 1]
    assert mean.dtype == np.float32


def test_infinite_answers_of_both_signs_are_no_number():
    mean = average(make_copies([]), lambda copy: np.float32([-np.inf if copy.shift else np.inf]))
    assert np.isnan(mean).all()


def test_copies_are_described_by_what_is_done_to_them():
    assert describe_copies(make_copies([]), "sample") == "3 copies, shifted by up to 1 sample"
    assert describe_copies(make_copies([0, 1]), "pixel") == (
        "12 copies, shifted by up to 1 pixel and mirrored top to bottom and left to right"
    )
