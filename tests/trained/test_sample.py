import os

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.errors import DataError
from cnncli.trained.sample import read_sample

SCALED = Preprocessing(4, 6, 1, scale=(0.5,), shift=(-1.0,))
SIGNAL = SignalPreprocessing(6, 1, None, scale=(2.0,), shift=(0.5,))


@pytest.fixture
def image():
    """The pixels of a gray image of 4x6."""
    return np.arange(24, dtype=np.uint8).reshape(4, 6)


@pytest.fixture
def path(image, tmp_path):
    Image.fromarray(image).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_a_sample_has_what_is_seen_and_what_the_network_takes(path, image):
    sample = read_sample(path, SCALED)

    assert sample.name == str(path)
    assert sample.values.dtype == np.uint8
    assert (sample.values[..., 0] == image).all()
    assert sample.input.dtype == np.float32
    assert (sample.input[..., 0] == image * np.float32(0.5) - 1).all()


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1)])
def test_a_file_its_bytes_and_its_pixels_are_one_sample(path, image, shape):
    expected = read_sample(path, SCALED).input

    assert (read_sample(path.read_bytes(), SCALED).input == expected).all()
    assert (read_sample(image.reshape(shape), SCALED).input == expected).all()


def test_stdin_is_a_sample(path, monkeypatch):
    before = os.dup(0)
    try:
        with path.open("rb") as file:
            os.dup2(file.fileno(), 0)
        sample = read_sample("-", SCALED)
    finally:
        os.dup2(before, 0)
        os.close(before)

    assert sample.name == "-"
    assert (sample.input == read_sample(path, SCALED).input).all()


def test_floats_from_0_to_1_are_an_image():
    sample = read_sample(np.full((4, 6), 0.4), SCALED)

    assert sample.values[0, 0, 0] == 102


def test_the_middle_is_taken_where_the_network_takes_any_size():
    pixels = np.zeros((4, 20), np.uint8)
    pixels[:, 7:13] = 200
    any_size = Preprocessing(4, 6, 1, resize="none", scale=(1.0,), shift=(0.0,))

    assert (read_sample(pixels, any_size).input == np.full((4, 6, 1), 200)).all()


@pytest.mark.parametrize("values", [np.arange(4.0), np.arange(4)[:, None]])
def test_an_array_of_numbers_is_a_signal(values):
    sample = read_sample(values, SIGNAL)

    assert sample.input[:, 0].tolist() == [0.5, 0.5, 2.5, 4.5, 6.5, 0.5]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"GIF89a, or not", "not a readable image"),
        (np.zeros(4, np.uint8), "array: an array of 1x4, not of images"),
        (np.zeros((2, 2, 2), np.uint8), "array: not a readable image .bands: 2, and the network"),
        (np.full((4, 6), 7.0), "array: float images that are not within 0 to 1"),
    ],
)
def test_what_is_no_image_is_refused(source, message):
    with pytest.raises(DataError, match=message):
        read_sample(source, SCALED)
