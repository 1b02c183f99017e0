import numpy as np
import pytest
from variants import augment, move, number_pixels


@pytest.mark.parametrize("text", ["shift(2)", "crop(2)", "shift(0.1)"])
def test_an_image_moves_by_whole_pixels_to_every_place_within_reach(text):
    matrices = move(text, 2000, 20, 20)
    places = {tuple(place) for place in matrices[:, :2, 2].tolist()}
    assert places == {(x, y) for x in range(-2, 3) for y in range(-2, 3)}
    assert (matrices[:, :2, :2] == np.eye(2)).all()


def test_a_share_is_one_of_its_own_side():
    matrices = move("shift(0.1)", 2000, 10, 40)
    assert np.abs(matrices[:, :2, 2]).max(axis=0).tolist() == [4, 1]  # across, down


def test_a_crop_is_a_part_of_the_image_padded_by_its_reflection():
    image = number_pixels(6, 7)
    padded = np.pad(image, 3, mode="reflect")
    parts = {padded[y : y + 6, x : x + 7].tobytes() for y in range(7) for x in range(7)}
    crops = {crop.astype(int).tobytes() for crop in augment("crop(3)", image, 1000)}
    assert crops == parts


@pytest.mark.parametrize(("border", "mode"), [("zero", "constant"), ("edge", "edge")])
def test_a_border_is_what_the_image_is_padded_with(border, mode):
    image = number_pixels(6, 7)
    padded = np.pad(image, 2, mode=mode)
    parts = {padded[y : y + 6, x : x + 7].tobytes() for y in range(5) for x in range(5)}
    crops = augment(f"crop(2), border({border})", image, 600)
    assert {crop.astype(int).tobytes() for crop in crops} == parts
