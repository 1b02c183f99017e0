from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cnncli.data.formats import folder
from cnncli.data.images.choice import Statistics, choose_image_shape
from cnncli.data.images.file import Header
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.normalization import with_normalization
from cnncli.data.settings import DataSettings
from cnncli.data.unreadable import ImageError
from cnncli.errors import DataError, UsageError
from cnncli.samples import Samples
from cnncli.terminal import name_options


def chosen(root, **given: object) -> tuple[Preprocessing, tuple[str, ...]]:
    settings = DataSettings(normalization="none", **given)
    preprocessing, notices = choose_image_shape(folder.read(str(root), None), settings, 2)
    return preprocessing, tuple(map(name_options, notices))


def resized(root, picture, sizes: list[tuple[int, int]], mode: str = "L") -> None:
    for i, size in enumerate(sizes):
        picture(*size, mode).save(root / f"cat/{i}.png")


def test_images_alike_keep_their_size_without_a_word(class_folder) -> None:
    assert chosen(class_folder({"cat": 2, "dog": 2})) == (Preprocessing(6, 5, 1), ())


def test_a_size_that_half_of_the_images_have_wins(class_folder, picture) -> None:
    root = class_folder({"cat": 4, "dog": 0})
    resized(root, picture, [(9, 9), (9, 9), (20, 30), (2, 2)])
    found, notices = chosen(root)
    assert found.input_shape == (9, 9, 1)
    assert notices == (
        f"{root}: images of 2x2 to 20x30, brought to 9x9 (stretch); "
        "--img-size and --resize-mode choose otherwise",
    )


def test_else_the_medians_of_height_and_width_do(class_folder, picture) -> None:
    root = class_folder({"cat": 5, "dog": 0})
    resized(root, picture, [(1, 50), (2, 40), (3, 30), (4, 20), (5, 10)])
    assert chosen(root)[0].input_shape == (3, 30, 1)


def test_large_images_are_shrunk_to_224(class_folder, picture) -> None:
    root = class_folder({"cat": 2, "dog": 0})
    resized(root, picture, [(448, 896), (448, 896)])
    found, notices = chosen(root, resize="pad")
    assert found.input_shape == (112, 224, 1)
    assert "images of 448x896, brought to 112x224 (pad)" in notices[0]


def test_a_size_that_is_asked_for_is_taken_without_a_word(class_folder) -> None:
    root = class_folder({"cat": 2, "dog": 2})
    assert chosen(root, size=(300, 7)) == (Preprocessing(300, 7, 1), ())


def test_one_color_image_makes_all_color(class_folder, picture) -> None:
    root = class_folder({"cat": 3, "dog": 3})
    picture(6, 5, "RGB").save(root / "cat/1.png")
    found, notices = chosen(root)
    assert found.color == "rgb"
    assert notices == (
        f"{root}: images in color: 1 of 6, so all are taken as rgb; --color chooses otherwise",
    )


@pytest.mark.parametrize(("color", "channels"), [("gray", 1), ("rgb", 3)])
def test_a_color_that_is_asked_for_is_taken(class_folder, color: str, channels: int) -> None:
    root = class_folder({"cat": 2, "dog": 2}, mode="RGB")
    assert chosen(root, color=color) == (Preprocessing(6, 5, channels), ())


def test_arrays_know_their_shape_without_decoding() -> None:
    names = ("a", "b")
    samples = Samples("set", names, names, names, np.zeros((2, 7, 8, 3), np.uint8))
    found, _ = choose_image_shape(samples, DataSettings(), 1)
    assert found.input_shape == (7, 8, 3)


def test_unreadable_headers_are_left_to_the_decoding(class_folder) -> None:
    root = class_folder({"cat": 2, "dog": 2})
    (root / "cat/0.png").write_text("text")
    assert chosen(root)[0].input_shape == (6, 5, 1)


def test_nothing_readable_is_an_error(class_folder) -> None:
    root = class_folder({"cat": 2, "dog": 1})
    for file in root.rglob("*.png"):
        file.write_text("text")
    with pytest.raises(DataError, match="3 of 3 images cannot be read: ") as caught:
        chosen(root)
    assert not isinstance(caught.value, ImageError)


def normalized(normalization: str, images: np.ndarray) -> np.ndarray:
    statistics = Statistics.empty(images.shape[-1])
    for part in np.array_split(images, 3):
        statistics.add(part)
    shape = Preprocessing(*images.shape[1:])
    found = with_normalization(shape, normalization, statistics)
    assert found.normalization == normalization
    out = np.empty(images.shape, np.float32)
    found.normalize(images, np.arange(len(images)), out)
    return out


@pytest.fixture
def images(noise) -> np.ndarray:
    """Return images whose channels have different ranges."""
    found = np.stack([noise(9, 7, 3, seed) for seed in range(10)])
    return (found // [1, 2, 5] + [0, 30, 100]).astype(np.uint8)


def test_standard_has_mean_0_and_deviation_1_per_channel(images) -> None:
    out = normalized("standard", images).astype(float)
    assert np.abs(out.mean(axis=(0, 1, 2))).max() < 1e-6
    assert np.abs(out.std(axis=(0, 1, 2)) - 1).max() < 1e-6


def test_minmax_runs_from_0_to_1_per_channel(images) -> None:
    out = normalized("minmax", images)
    assert np.abs(out.min(axis=(0, 1, 2))).max() < 1e-6
    assert np.abs(out.max(axis=(0, 1, 2)) - 1).max() < 1e-6


def test_unit_divides_by_255(images) -> None:
    assert np.abs(normalized("unit", images) - images / 255).max() < 1e-6


def test_none_leaves_the_levels(images) -> None:
    assert np.array_equal(normalized("none", images), images)


@pytest.mark.parametrize("normalization", ["standard", "minmax"])
def test_a_channel_of_one_level_does_not_divide_by_zero(normalization: str) -> None:
    out = normalized(normalization, np.full((3, 2, 2, 1), 51, np.uint8))
    assert np.abs(out - 0.2).max() < 1e-6


def deep_folder(root, *images: np.ndarray) -> str:
    """Write a class of images of 16 bits or floats, each in a file; return the folder."""
    (root / "a").mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(root / "a" / f"{i}.tif")
    return str(root)


@pytest.mark.parametrize("largest", [1000, 3000, 16_000])
def test_the_bits_of_16_bit_images_are_learned(tmp_path, largest: int) -> None:
    bits = largest.bit_length()
    images = [np.full((4, 5), value, np.uint16) for value in (largest, 7)]
    found, (notice,) = chosen(deep_folder(tmp_path, *images))
    assert found == Preprocessing(4, 5, 1, bits=bits)
    assert f"values up to {largest}, taken as {bits} bits" in notice
    levels = found.prepare_pixels(images[0][..., None])
    assert abs(int(levels[0, 0, 0]) - 255 * largest / (2**bits - 1)) <= 0.5


def test_images_of_all_16_bits_are_taken_without_a_word(tmp_path) -> None:
    image = np.full((4, 5), 65535, np.uint16)
    assert chosen(deep_folder(tmp_path, image)) == (Preprocessing(4, 5, 1, bits=16), ())


def test_the_span_of_floats_is_learned(tmp_path) -> None:
    image = np.linspace(-2, 6, 20, dtype=np.float32).reshape(4, 5)
    found, (notice,) = chosen(deep_folder(tmp_path, image))
    assert found == Preprocessing(4, 5, 1, span=(-2.0, 6.0))
    assert "-2 to 6 become levels from 0 to 255" in notice
    levels = found.prepare_pixels(image[..., None])
    assert (levels.min(), levels.max()) == (0, 255)


def test_bands_become_channels() -> None:
    names = ("a", "b")
    samples = Samples("set", names, names, names, np.zeros((2, 7, 8, 5), np.uint8))
    preprocessing, notices = choose_image_shape(samples, DataSettings(), 1)
    assert (preprocessing.input_shape, preprocessing.description) == ((7, 8, 5), "5 bands")
    assert notices == ()
    with pytest.raises(UsageError, match="color is not for images of 5 bands; leave it out"):
        choose_image_shape(samples, DataSettings(color="gray"), 1)


def test_images_of_different_bands_are_an_error(monkeypatch) -> None:
    headers = iter([Header(4, 5, 4), Header(4, 5, 3)])
    monkeypatch.setattr("cnncli.data.images.choice.measure", lambda _: next(headers))
    names = ("a", "b")
    with pytest.raises(DataError, match="set: images of 3, 4 bands; bring all to one number"):
        choose_image_shape(Samples("set", names, names, names), DataSettings(), 1)
