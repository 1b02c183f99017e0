from __future__ import annotations

import numpy as np
import pytest

from cnncli.augment.text import read_augmentation
from cnncli.data.batches.tiles import TileLoader
from cnncli.data.images.mask import GRAYS, Mask
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.maps.set import MapSet
from cnncli.samples import MaskedSamples, MaskLevels


def map_set(*sizes: tuple[int, int], tile: int = 8) -> MapSet:
    """Images whose gray levels are those of their masks, so that both can be compared."""
    numbers = np.random.default_rng(0)
    names = tuple(map(str, range(len(sizes))))
    samples = MaskedSamples("set", names, names, ("",) * len(sizes), masks=names)
    pairs = []
    for size in sizes:
        pixels = numbers.integers(0, 120, size).astype(np.uint8)
        pairs.append((pixels[:, :, None], Mask(pixels, GRAYS, "gray")))
    levels = MaskLevels(tuple(range(120)), tuple(map(str, range(120))))
    return MapSet(
        samples, Preprocessing(tile, tile, 1, "none", "none", (1.0,), (0.0,)), levels, pairs
    )


def augmented(images: MapSet, text: str, size: int = 4) -> TileLoader:
    return images.batches(size, augmentation=read_augmentation(text, images.shape))


def epoch(loader: TileLoader, number: int, first: int = 0) -> list[tuple[bytes, bytes, list[int]]]:
    return [
        (batch.inputs.tobytes(), batch.targets.tobytes(), batch.indices.tolist())
        for batch in loader.epoch(number, first)
    ]


def test_an_epoch_covers_the_images_about_once() -> None:
    loader = TileLoader(map_set((32, 16), (8, 8), (5, 6)), 4)
    tiles = [tile for _, _, indices in epoch(loader, 0) for tile in indices]
    assert sorted(tiles) == list(range(10))
    assert loader.samples == 10
    assert loader.batches == 3


def test_every_pixel_of_a_tile_has_its_own_label() -> None:
    for batch in TileLoader(map_set((31, 19), (5, 6)), 4).epoch(3):
        assert np.array_equal(batch.inputs[..., 0], batch.targets)


def test_tiles_are_parts_of_their_images_at_all_places() -> None:
    images = map_set((10, 10))
    whole = {
        images.values[0][y : y + 8, x : x + 8].astype(np.float32).tobytes(): (y, x)
        for y in range(3)
        for x in range(3)
    }
    loader = TileLoader(images, 1)
    places = {whole[tile] for number in range(60) for tile, _, _ in epoch(loader, number)}
    assert places == set(whole.values())


def test_a_tile_larger_than_its_image_goes_on_in_reverse_order() -> None:
    images = map_set((5, 8))
    (batch,) = TileLoader(images, 1).epoch(0)
    wide = np.pad(images.values[0][..., 0], ((0, 3), (0, 0)), mode="reflect")
    assert np.array_equal(batch.inputs[0, ..., 0], wide)


def test_an_epoch_is_the_same_whenever_it_comes_and_wherever_it_begins() -> None:
    images = map_set((40, 40))
    whole = epoch(TileLoader(images, 4), 5)
    loader = TileLoader(images, 4)
    assert epoch(loader, 4) != whole
    assert epoch(loader, 5) == whole
    assert epoch(loader, 5, 3) == whole[3:]
    assert epoch(TileLoader(images, 4, seed=1), 5) != whole


@pytest.mark.parametrize("channels", [1, 3])
def test_images_take_the_color_of_the_network_at_their_own_size(channels: int) -> None:
    samples = MaskedSamples("set", ("a",), ("a",), ("",), masks=("a",))
    pixels = np.zeros((4, 6, 4 - channels), np.uint8)
    levels = MaskLevels((0, 1), ("0", "1"))
    mask = Mask(np.zeros((4, 6), np.uint8), GRAYS, "gray")
    images = MapSet(samples, Preprocessing(2, 2, channels, "none"), levels, [(pixels, mask)])
    assert images.values[0].shape == (4, 6, channels)
    assert images.counts.tolist() == [24, 0]


@pytest.mark.parametrize("text", ["hflip(1)", "vflip, altflip", "shift(3)", "crop(5), hflip"])
def test_masks_move_with_their_images(text: str) -> None:
    images = map_set((31, 19), (5, 6))
    for batch in augmented(images, text).epoch(3):
        assert np.array_equal(batch.inputs[..., 0], batch.targets)
    plain = epoch(TileLoader(images, 4), 3)
    assert epoch(augmented(images, text), 3) != plain


def test_turned_masks_show_the_class_nearest_to_where_the_image_looks() -> None:
    images = map_set((40, 40))
    slope = np.add.outer(np.arange(40), 2 * np.arange(40))
    images.values[0] = slope[..., None].astype(np.uint8)
    images.targets[0] = slope.astype(np.int8)
    for batch in augmented(images, "rotate(30), scale(0.1), border(edge)").epoch(0):
        inside = (batch.targets > 20) & (batch.targets < 90)
        assert inside.any()
        difference = np.abs(batch.inputs[..., 0] - batch.targets)[inside]
        assert difference.max() <= 1.5 + 1e-3  # half a row and half a column
        assert difference.max() > 0.5


def test_beyond_a_zero_border_nothing_is_to_be_learned() -> None:
    images = map_set((8, 8))
    (batch,) = augmented(images, "shift(4), border(zero)").epoch(0)
    beyond = batch.targets == -1
    assert beyond.any() and not beyond.all()
    assert np.array_equal(batch.inputs[..., 0] == -1, np.zeros_like(beyond))
    assert not batch.inputs[..., 0][beyond].any()


def test_a_tile_that_moves_shows_what_lies_around_it_in_its_image() -> None:
    images = map_set((40, 40))
    windows = {
        images.targets[0][y : y + 8, x : x + 8].astype(np.int32).tobytes(): (y, x)
        for y in range(33)
        for x in range(33)
    }
    inner = 0
    for plain, moved in zip(
        epoch(TileLoader(images, 1), 0), epoch(augmented(images, "shift(3)", 1), 0), strict=True
    ):
        y, x = windows[plain[1]]
        if 3 <= min(y, x) <= max(y, x) < 30:
            inner += 1
            assert np.abs(np.subtract(windows[moved[1]], (y, x))).max() <= 3
    assert inner > 5


def test_a_tile_is_called_what_its_image_is() -> None:
    loader = TileLoader(map_set((32, 16), (8, 8), (5, 6)), 4)  # 8 tiles, 1 and 1
    assert loader.name_samples(np.array([9, 0, 8, 7])) == ["2", "0", "1", "0"]
