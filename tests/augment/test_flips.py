import numpy as np
import pytest
from variants import augment, number_pixels

IMAGE = number_pixels(3, 4)


@pytest.mark.parametrize(
    ("text", "mirrored"), [("hflip(1)", IMAGE[:, ::-1]), ("vflip(1)", IMAGE[::-1])]
)
def test_a_flip_exchanges_the_sides(text, mirrored):
    assert (augment(text, IMAGE, 3) == mirrored).all()


@pytest.mark.parametrize(("text", "share"), [("hflip", 0.5), ("vflip", 0.5), ("hflip(0.1)", 0.1)])
def test_a_share_of_the_images_is_flipped(text, share):
    flipped = (augment(text, IMAGE, 2000) != IMAGE).any(axis=(1, 2))
    assert abs(flipped.mean() - share) < 0.04


def test_two_epochs_of_alternating_flips_show_each_image_both_ways():
    epochs = [
        (augment("altflip", IMAGE, 1000, epoch) != IMAGE).any(axis=(1, 2)) for epoch in (0, 1, 2)
    ]
    assert (epochs[0] != epochs[1]).all()
    assert np.array_equal(epochs[0], epochs[2])
    assert abs(epochs[0].mean() - 0.5) < 0.06


def test_another_seed_begins_alternating_flips_with_other_images():
    first, second = (augment("altflip", IMAGE, 50, seed=seed) for seed in (0, 1))
    assert not np.array_equal(first, second)
