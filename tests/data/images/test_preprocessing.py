from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.file import Picture
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.normalization import round_to_float32
from cnncli.data.unreadable import ImageError
from cnncli.errors import ModelFileError

GOOD = Preprocessing(
    8,
    6,
    3,
    "crop",
    "standard",
    round_to_float32([0.1, 1 / 3, 2]),
    round_to_float32([0, -0.7, 1e-9]),
)


def ramp(height: int, width: int) -> np.ndarray:
    """Return pixels that grow from left to right, uint8 (height, width, 1)."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    return np.repeat(row[None, :, None], height, axis=0)


def test_an_image_of_the_right_shape_is_left_alone(noise) -> None:
    pixels = noise(5, 4, 3)
    assert Preprocessing(5, 4, 3).prepare_pixels(pixels) is pixels


def test_gray_becomes_three_equal_channels(noise) -> None:
    pixels = noise(5, 4, 1)
    assert np.array_equal(
        Preprocessing(5, 4, 3).prepare_pixels(pixels), np.repeat(pixels, 3, axis=2)
    )


def test_color_becomes_luma(noise) -> None:
    pixels = noise(5, 4, 3)
    found = Preprocessing(5, 4, 1).prepare_pixels(pixels)[..., 0]
    assert np.abs(found - pixels @ [0.299, 0.587, 0.114]).max() <= 1


def test_equal_channels_become_that_gray(noise) -> None:
    pixels = noise(5, 4, 1)
    assert np.array_equal(
        Preprocessing(5, 4, 1).prepare_pixels(np.repeat(pixels, 3, axis=2)), pixels
    )


@pytest.mark.parametrize("resize", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 7), (40, 50)])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_comes_out_in_the_shape_of_the_input(
    resize: str, size: tuple[int, int], channels: int, noise
) -> None:
    found = Preprocessing(8, 6, channels, resize).prepare_pixels(noise(*size, 4 - channels))
    assert found.shape == (8, 6, channels)
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous


def test_stretch_keeps_both_ends() -> None:
    found = Preprocessing(4, 16, 1).prepare_pixels(ramp(4, 64))[0, :, 0]
    assert found[0] < 12
    assert found[-1] > 243


def test_crop_takes_the_middle() -> None:
    found = Preprocessing(16, 16, 1, "crop").prepare_pixels(ramp(64, 256))[0, :, 0].astype(int)
    # The middle quarter of the columns runs from 96 to 160.
    assert abs(found[0] - 98) < 3
    assert abs(found[-1] - 157) < 3


@pytest.mark.parametrize("shape", [(300, 450), (512, 384), (224, 224)])
def test_a_share_of_the_middle_is_that_of_networks_of_imagenet(shape, noise) -> None:
    """Pillow brings the shorter side to 256 and cuts out 224x224, as torchvision has it."""
    pixels = np.kron(noise(*(side // 10 + 1 for side in shape), 3), np.ones((10, 10, 1), np.uint8))
    image = Image.fromarray(pixels[: shape[0], : shape[1]])
    scale = 256 / min(image.size)
    width, height = (round(side * scale) for side in image.size)
    small = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = (width - 224) // 2, (height - 224) // 2
    expected = np.asarray(small.crop((left, top, left + 224, top + 224)), int)
    made = Preprocessing(224, 224, 3, "crop", share=0.875).prepare_pixels(np.asarray(image))
    assert np.abs(made.astype(int) - expected).mean() < 8  # their corners lie on whole pixels
    whole = Preprocessing(224, 224, 3, "crop").prepare_pixels(np.asarray(image))
    assert np.abs(whole.astype(int) - expected).mean() > 15


def test_crop_takes_the_middle_of_a_tall_image() -> None:
    tall = ramp(64, 256).transpose(1, 0, 2).copy()
    found = Preprocessing(16, 16, 1, "crop").prepare_pixels(tall)[:, 0, 0].astype(int)
    assert abs(found[0] - 98) < 3


def test_pad_keeps_the_shape_and_is_black_around() -> None:
    found = Preprocessing(16, 16, 1, "pad").prepare_pixels(np.full((10, 40, 1), 200, np.uint8))[
        ..., 0
    ]
    assert (found[6:10] == 200).all()
    assert (found[:6] == 0).all()
    assert (found[10:] == 0).all()


def test_shrinking_averages_what_it_leaves_out() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))[..., None]
    found = Preprocessing(8, 8, 1).prepare_pixels(stripes)
    assert abs(found.astype(int) - 127).max() <= 5


def test_resized_pixels_are_the_known_ones() -> None:
    y, x = np.mgrid[0:37, 0:53]
    pixels = np.stack([(x * y) % 256, (3 * x + 5 * y) % 256, (x ^ y)], axis=-1).astype(np.uint8)
    digest = hashlib.sha256()
    for resize in ("stretch", "crop", "pad"):
        for size in ((16, 16), (20, 31), (64, 64)):
            digest.update(Preprocessing(*size, 3, resize).prepare_pixels(pixels).tobytes())
    assert digest.hexdigest()[:16] == "e61abeaf8ca5aa57"


def test_normalize_is_pixel_times_scale_plus_shift(noise) -> None:
    images = np.stack([noise(8, 6, 3, seed) for seed in range(4)])
    out = np.empty((2, 8, 6, 3), np.float32)
    GOOD.normalize(images, np.array([3, 1]), out)
    expected = images[[3, 1]] * np.array(GOOD.scale) + np.array(GOOD.shift)
    assert np.abs(out - expected).max() < 1e-4


def test_threads_change_no_bit_of_normalized_images(noise) -> None:
    images = np.stack([noise(8, 6, 3, seed) for seed in range(7)])
    single, several = np.empty((2, 7, 8, 6, 3), np.float32)
    GOOD.normalize(images, np.arange(7), single)
    GOOD.normalize(images, np.arange(7), several, threads=3)
    assert single.tobytes() == several.tobytes()


def test_shape_and_color_are_told() -> None:
    assert GOOD.input_shape == (8, 6, 3)
    assert GOOD.color == "rgb"
    assert Preprocessing(1, 1, 1).color == "gray"


def test_json_brings_every_bit_back() -> None:
    text = json.dumps(GOOD.to_manifest(), allow_nan=False)
    assert Preprocessing.from_manifest(json.loads(text)) == GOOD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("height", 0), ("height", 70_000), ("height", 8.0), ("height", True), ("width", "6"),
        ("channels", 0), ("channels", True), ("channels", None), ("channels", 3.0),
        ("resize", "fit"), ("resize", []), ("normalization", "mean"), ("normalization", 1),
        ("scale", [1.0]), ("scale", None), ("scale", [1, 2, float("nan")]), ("scale", [1, 2, "3"]),
        ("shift", [0, 0, float("inf")]), ("shift", [0, 0, 1e300]), ("shift", [0, 0, True]),
    ],
)  # fmt: skip
def test_nonsense_in_a_model_file_is_refused(name: str, value: object) -> None:
    with pytest.raises(ModelFileError, match=f"{name} cannot be"):
        Preprocessing.from_manifest(GOOD.to_manifest() | {name: value})


@pytest.mark.parametrize("value", [None, [], "x", {}, GOOD.to_manifest() | {"more": 1}])
def test_anything_but_the_fields_is_refused(value: object) -> None:
    with pytest.raises(ModelFileError, match="it cannot be"):
        Preprocessing.from_manifest(value)


def test_an_image_normalized_by_itself_loses_its_brightness_and_contrast() -> None:
    pixels = np.random.default_rng(0).integers(0, 120, (20, 30, 3)).astype(np.uint8)
    own = Preprocessing(20, 30, 3, normalization="image")
    plain, brighter = own.prepare_pixels(pixels), own.prepare_pixels(pixels // 2 + 100)
    assert plain.mean((0, 1)) == pytest.approx([128] * 3, abs=0.5)
    assert plain.std((0, 1)) == pytest.approx([48] * 3, abs=0.5)
    assert np.abs(plain.astype(int) - brighter).max() <= 2
    assert (own.prepare_pixels(np.full((20, 30, 3), 7, np.uint8)) == 128).all()


@pytest.mark.parametrize("resize", ["stretch", "crop", "pad", "none"])
def test_bands_are_resized_one_by_one(resize: str, noise) -> None:
    bands = np.dstack([noise(20, 30, 3), noise(20, 30, 3, 1)])
    found = Preprocessing(8, 6, 6, resize).prepare_pixels(bands)
    for k in range(6):
        alone = Preprocessing(8, 6, 1, resize).prepare_pixels(bands[..., k, None].copy())
        assert np.array_equal(found[..., k, None], alone)


@pytest.mark.parametrize(("bands", "channels"), [(5, 3), (3, 5), (1, 2), (4, 1)])
def test_bands_that_the_network_does_not_take_are_refused(bands: int, channels: int) -> None:
    with pytest.raises(ImageError) as caught:
        Preprocessing(4, 4, channels).prepare(
            Picture(np.zeros((4, 4, bands), np.uint8), False), "a"
        )
    assert str(caught.value) == (
        f"a: not a readable image (bands: {bands}, and the network takes {channels}); "
        "bring it to the same number"
    )


def test_a_manifest_says_nothing_of_depth_where_none_was_learned() -> None:
    assert not {"bits", "span", "share"} & Preprocessing(4, 4, 1).to_manifest().keys()


@pytest.mark.parametrize(
    "depth", [{"bits": 12}, {"span": (-1.5, 2.0)}, {"bits": 8, "span": (0, 1)}, {"share": 0.875}]
)
def test_json_brings_depth_back(depth) -> None:
    preprocessing = replace(GOOD, **depth)
    assert Preprocessing.from_manifest(json.loads(json.dumps(preprocessing.to_manifest()))) == (
        preprocessing
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bits", 7),
        ("bits", 17),
        ("bits", "12"),
        ("bits", True),
        ("span", [1, 1]),
        ("span", [2]),
        ("span", [0, 1e31]),
        ("span", "01"),
        ("share", 0),
        ("share", 1.5),
        ("share", "1"),
        ("channels", 1025),
    ],
)
def test_a_depth_that_cannot_be_is_refused(name: str, value: object) -> None:
    with pytest.raises(ModelFileError, match=f"{name} cannot be"):
        Preprocessing.from_manifest(GOOD.to_manifest() | {name: value})


def test_floats_are_refused_where_a_network_knows_none() -> None:
    with pytest.raises(ImageError, match=r"a: .* the network was trained on others"):
        Preprocessing(2, 2, 1).prepare(Picture(np.zeros((2, 2, 1), np.float32), False), "a")
