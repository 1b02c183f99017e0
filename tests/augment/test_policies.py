"""Steps that draw others: how many, which, and how strong."""

import numpy as np
import pytest

from cnncli.augment import Draws
from cnncli.augment.policies import RandAugment, TrivialAugment
from cnncli.augment.text import read_augmentation

DRAWS = Draws(3, 0, np.arange(700))


def find_changed(step, draws=DRAWS):
    """Return which images are moved, and which are colored."""
    moves, colors = step.move(draws, 32, 32), step.recolor(draws, 3)
    return (moves != np.eye(3)).any(axis=(1, 2)), (colors != np.eye(4)).any(axis=(1, 2))


@pytest.mark.parametrize("step", [RandAugment(1, 30.0), TrivialAugment()])
def test_a_single_step_moves_an_image_or_colors_it_or_neither(step):
    moved, colored = find_changed(step)
    assert not (moved & colored).any()
    assert moved.mean() == pytest.approx(3 / 7, abs=0.05)
    assert colored.mean() == pytest.approx(3 / 7, abs=0.05)


def test_several_steps_can_do_both():
    moved, colored = find_changed(RandAugment(3))
    assert (moved & colored).mean() > 0.4


def test_a_weaker_policy_changes_images_less():
    distances = [
        np.abs(RandAugment(2, strength).move(DRAWS, 32, 32) - np.eye(3)).max()
        for strength in (0.0, 3.0, 30.0)
    ]
    assert distances[0] == 0
    assert 0 < distances[1] < distances[2] / 5


def test_every_image_draws_for_itself():
    whole = RandAugment().move(DRAWS, 32, 32)
    some = RandAugment().move(DRAWS.take(np.array([9, 600])), 32, 32)
    assert np.array_equal(some, whole[[9, 600]])


@pytest.mark.parametrize("channels", [1, 5])
def test_images_without_color_are_left_out_of_steps_for_color(channels):
    colors = RandAugment(3).recolor(DRAWS, channels)
    assert colors.shape == (700, channels + 1, channels + 1)
    off = colors * (1 - np.eye(channels + 1))
    assert not off[:, :, :-1].any()
    for text in ("randaugment", "trivialaugment"):
        read_augmentation(text, (8, 8, channels)).check("classify", (8, 8, channels))
