import numpy as np
import pytest
from variants import augment, move, number_pixels

from cnncli.augment import NONE, Augmentation, Draws
from cnncli.augment.base import ImageStep
from cnncli.augment.text import read_augmentation
from cnncli.errors import UsageError


class Dim(ImageStep):
    """Half as bright; without a name, so that no text finds it."""

    def recolor(self, draws, channels):
        return np.tile(np.diag([0.5, 1.0]), (len(draws), 1, 1))


class Lift(ImageStep):
    """Brighter by 10."""

    def recolor(self, draws, channels):
        return np.tile([[1.0, 10], [0, 1]], (len(draws), 1, 1))


def test_steps_act_in_their_order():
    image = number_pixels(5, 5)
    assert np.array_equal(augment("hflip(1), vflip(1)", image, 2)[1], image[::-1, ::-1])
    shifted, turned = (move(text, 100) for text in ("shift(3)", "shift(3), hflip(1)"))
    assert np.array_equal(turned[:, 0, 2], shifted[:, 0, 2])
    assert (turned[:, 0, 0] == -1).all()


def test_a_move_after_a_flip_goes_the_other_way():
    after = move("hflip(1), shift(3)", 300)
    plain = move("border, shift(3)", 300)  # the draws of a second step
    assert np.array_equal(after[:, 0, 2], -plain[:, 0, 2])
    assert np.array_equal(after[:, 1, 2], plain[:, 1, 2])


def test_the_same_step_twice_draws_twice():
    once, twice = move("shift(3)", 300)[:, :2, 2], move("shift(3), shift(3)", 300)[:, :2, 2]
    assert not np.array_equal(twice, 2 * once)
    assert np.abs(twice).max() == 6


def test_colors_are_mixed_in_the_order_of_the_steps():
    draws = Draws(0, 0, np.arange(3))
    lifted, dimmed = (
        Augmentation(steps).recolor(draws, 1) for steps in ((Dim(), Lift()), (Lift(), Dim()))
    )
    assert lifted.tolist() == [[[0.5, 10]]] * 3
    assert dimmed.tolist() == [[[0.5, 5]]] * 3
    assert not NONE.recolor(draws, 1).size


def test_a_step_without_meaning_is_refused_by_its_name_and_task():
    with pytest.raises(UsageError, match=r"^augment: crop\(9\) would move all of an image 20 wide"):
        read_augmentation("hflip, crop(9)", (9, 20, 3)).check("classify", (9, 20, 3))
    read_augmentation("hflip, crop(8)", (9, 20, 3)).check("classify", (9, 20, 3))


def test_an_image_has_only_one_border():
    augmentation = read_augmentation("border(zero), hflip, border(edge)", (9, 9, 3))
    with pytest.raises(UsageError, match="border is given twice"):
        augmentation.check("classify", (9, 9, 3))


def test_an_empty_augmentation_is_false():
    assert not NONE
    assert read_augmentation("hflip", (9, 20, 3))


def test_the_seed_decides():
    image = number_pixels(8, 8)
    first, second = (augment("shift(3), rotate(9)", image, seed=seed) for seed in (0, 1))
    assert not np.array_equal(first, second)
