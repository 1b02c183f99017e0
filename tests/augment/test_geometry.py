import numpy as np
import pytest
from variants import augment, move, number_pixels

IMAGE = number_pixels(9, 9)


def look(matrices, x, y):
    """Return where each image looks from a place (n, 2), both from the center."""
    places = matrices @ (x, y, 1)
    return places[:, :2] / places[:, 2:]


def test_a_rotation_turns_by_any_angle_up_to_its_degrees():
    matrices = move("rotate(30)", 2000)
    angles = np.degrees(np.arctan2(matrices[:, 0, 1], matrices[:, 0, 0]))
    assert np.allclose(np.hypot(*look(matrices, 3, 4).T), 5)
    assert angles.min() < -29 and angles.max() > 29
    assert np.abs(angles).max() <= 30 and abs(angles.mean()) < 1.5


def test_a_quarter_turn_shows_the_columns_as_rows():
    matrices = move("rotate(180)", 20000)
    nearest = np.abs(matrices[:, 0, 1] - 1).argmin()  # the one closest to 90 degrees
    turned = augment("rotate(180)", IMAGE, 20000)[nearest]
    assert np.abs(turned - np.rot90(IMAGE, -1)).max() < 0.1 or (
        np.abs(turned - np.rot90(IMAGE)).max() < 0.1
    )


def test_a_scale_enlarges_as_much_as_it_makes_smaller():
    matrices = move("scale(0.25)", 4000)
    factors = matrices[:, 0, 0]
    assert np.array_equal(factors, matrices[:, 1, 1])
    assert 0.8 <= factors.min() < 0.805 and 1.245 < factors.max() <= 1.25
    assert abs(np.mean(factors < 1) - 0.5) < 0.03
    assert not matrices[:, [0, 1], [1, 0]].any()


def test_a_shear_moves_rows_apart_by_up_to_its_degrees():
    places = look(move("shear(45)", 2000), 0, 1)
    assert (places[:, 1] == 1).all()
    assert -1 <= places[:, 0].min() < -0.99 and 0.99 < places[:, 0].max() <= 1


def test_a_zoom_shows_parts_of_at_least_its_share_that_lie_within_the_image():
    matrices = move("zoom(0.2)", 4000, 20, 30)
    width, height = matrices[:, 0, 0], matrices[:, 1, 1]
    assert 0.2 <= (width * height).min() < 0.21 and 0.98 < (width * height).max() <= 1
    assert np.all(width / height <= 4 / 3 + 1e-9) and np.all(width / height >= 3 / 4 - 1e-9)
    assert (width / height).max() > 1.3 and (width / height).min() < 0.77
    for x, y in ((-15, -10), (15, 10)):
        places = np.abs(look(matrices, x, y))
        assert places[:, 0].max() <= 15 + 1e-9 and places[:, 1].max() <= 10 + 1e-9
    left = look(matrices, -15, -10)[:, 0]
    assert left.min() < -14.9 and left.max() > 0


def test_a_perspective_makes_one_side_nearer_than_the_other():
    matrices = move("perspective(0.2)", 2000, 20, 30)
    assert np.array_equal(look(matrices, 0, 0), np.zeros((2000, 2)))
    left, right = (np.abs(look(matrices, x, 0)[:, 0]) for x in (-15, 15))
    ratio = left / right
    assert 1.45 < ratio.max() <= 1.5 + 1e-9 and 1 / 1.5 - 1e-9 <= ratio.min() < 0.69
    assert np.isfinite(augment("perspective(0.4)", IMAGE)).all()


@pytest.mark.parametrize("text", ["rotate(180)", "scale(1)", "shear(60)", "zoom(0.01)"])
def test_an_even_image_stays_even(text):
    even = np.full((9, 9), 77)
    assert np.allclose(augment(text, even), 77, atol=1e-4)
