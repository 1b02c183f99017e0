"""Colors: what the matrices do to known pixels, on gray images and on those in color."""

import colorsys

import numpy as np
import pytest

from cnncli.augment import Draws
from cnncli.augment.color import LUMA, MIDDLE
from cnncli.augment.text import read_augmentation
from cnncli.errors import UsageError

DRAWS = Draws(3, 0, np.arange(500))
RED, GRAY = np.array([200.0, 40, 90]), np.array([77.0, 77, 77])


def recolor(text, pixel):
    """Return what an augmentation makes of a pixel in each of many images (n, C)."""
    augmentation = read_augmentation(text, (8, 8, len(pixel)))
    colors = augmentation.recolor(DRAWS, len(pixel))
    return colors @ np.append(pixel, 1).astype(np.float32)


def test_brightness_multiplies_all_channels_by_one_factor():
    factors = recolor("brightness(0.4)", RED) / RED
    assert np.allclose(factors, factors[:, :1], rtol=1e-5)
    assert 0.6 <= factors.min() < 0.62
    assert 1.38 < factors.max() <= 1.4


def test_contrast_moves_levels_from_the_middle_gray_or_toward_it():
    factors = (recolor("contrast(0.5)", RED) - MIDDLE) / (RED - MIDDLE)
    assert np.allclose(factors, factors[:, :1], rtol=1e-4)
    assert 0.5 <= factors.min() < 0.52
    assert np.allclose(recolor("contrast(1)", np.full(3, MIDDLE)), MIDDLE)


@pytest.mark.parametrize("text", ["brightness(0.4)", "contrast(0.5)"])
@pytest.mark.parametrize("channels", [1, 5])
def test_light_is_changed_in_images_of_any_number_of_channels(text, channels):
    changed = recolor(text, np.full(channels, 200.0))
    assert changed.shape == (500, channels)
    assert changed.std() > 1


def test_saturation_keeps_the_luma_and_leaves_grays_alone():
    changed = recolor("saturation(0.9)", RED)
    assert np.allclose(changed @ LUMA, RED @ LUMA, rtol=1e-5)
    spread = np.ptp(changed, axis=1) / np.ptp(RED)
    assert 0.1 <= spread.min() < 0.13
    assert 1.87 < spread.max() <= 1.9
    assert np.allclose(recolor("saturation(0.9)", GRAY), 77, rtol=1e-5)


def test_gray_makes_a_share_of_the_images_their_luma():
    changed = recolor("gray(0.3)", RED)
    gray = np.ptp(changed, axis=1) < 1e-3
    assert 0.25 < gray.mean() < 0.35
    assert np.allclose(changed[gray], RED @ LUMA, rtol=1e-5)
    assert np.array_equal(changed[~gray], np.broadcast_to(RED, changed[~gray].shape))


def test_hue_turns_colors_and_keeps_grays_and_the_mean():
    changed = recolor("hue(60)", RED)
    assert np.allclose(changed.mean(axis=1), RED.mean(), rtol=1e-5)
    assert np.allclose(np.linalg.norm(changed, axis=1), np.linalg.norm(RED), rtol=1e-5)
    assert np.allclose(recolor("hue(180)", GRAY), 77, rtol=1e-5)
    angles = [colorsys.rgb_to_hsv(*(pixel / 255))[0] * 360 for pixel in changed]
    before = colorsys.rgb_to_hsv(*(RED / 255))[0] * 360
    turned = (np.array(angles) - before + 180) % 360 - 180
    assert -75 < turned.min() < -45
    assert 45 < turned.max() < 75


def test_a_turn_by_a_third_of_the_circle_exchanges_the_channels():
    from cnncli.augment.color import Hue

    class Always(Draws):
        def uniform(self, low, high, purpose=""):
            return np.full(len(self), high)

    matrix = Hue(120).recolor(Always(0, 0, np.arange(1)), 3)[0]
    assert np.allclose(matrix[:3, :3] @ RED, [90, 200, 40])


def test_colors_are_composed_in_the_order_of_the_text():
    first, second = (
        read_augmentation(text, (8, 8, 3)) for text in ("gray(1), hue(50)", "hue(50), gray(1)")
    )
    gray_first = first.recolor(DRAWS, 3) @ np.append(RED, 1)
    assert np.allclose(gray_first, RED @ LUMA, rtol=1e-5)
    gray_last = second.recolor(DRAWS, 3) @ np.append(RED, 1)
    assert np.ptp(gray_last, axis=1).max() < 1e-3
    assert gray_last[:, 0].std() > 1


@pytest.mark.parametrize("step", ["saturation(0.4)", "hue(20)", "gray"])
@pytest.mark.parametrize(("channels", "kind"), [(1, "gray"), (5, "of 5 bands")])
def test_steps_for_color_are_refused_where_there_is_none(step, channels, kind):
    with pytest.raises(UsageError, match=f"is for images in color, and these are {kind}"):
        read_augmentation(step, (8, 8, channels)).check("classify", (8, 8, channels))
