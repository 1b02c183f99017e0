from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.settings import DataSettings
from cnncli.data.source import load_labeled, load_training
from cnncli.errors import DataError, UsageError
from cnncli.samples import MaskLevels
from cnncli.tasks import Segmentation


@pytest.fixture
def cells(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes images of a size with masks of a dark and a bright half."""

    def make(size: tuple[int, int], count: int = 20) -> str:
        numbers = np.random.default_rng(0)
        for folder in ("images", "masks"):
            (tmp_path / folder).mkdir()
        for number in range(count):
            pixels = numbers.integers(0, 256, size).astype(np.uint8)
            mask = np.zeros(size, np.uint8)
            mask[: size[0] // 4] = 255
            Image.fromarray(pixels).save(tmp_path / f"images/{number}.png")
            Image.fromarray(mask).save(tmp_path / f"masks/{number}.png")
        return str(tmp_path)

    return make


@pytest.mark.parametrize(
    ("size", "tile"), [((300, 260), (128, 128)), ((40, 130), (32, 128)), ((9, 20), (16, 16))]
)
def test_tiles_are_128_pixels_or_what_smaller_images_hold(cells, size, tile) -> None:
    data = load_training(cells(size, 4), val=0.5)
    assert data.preprocessing.input_shape == (*tile, 1)
    assert data.preprocessing.resize == "none"
    assert data.train.values[0].shape == (*size, 1)


def test_tiles_have_the_size_that_is_asked_for(cells) -> None:
    data = load_training(cells((40, 40)), settings=DataSettings(size=(24, 32)))
    assert data.train.shape == (24, 32, 1)
    assert (data.train.noun, data.train.unit) == ("image", "tile")


def test_the_levels_of_the_masks_are_the_classes(cells) -> None:
    task = load_training(cells((20, 20))).task
    assert task.outputs == ("0", "255")
    assert task.masks == MaskLevels((0, 255), ("0", "255"))


def test_rare_classes_weigh_more_where_that_is_asked_for(cells) -> None:
    data = load_training(cells((20, 20)), settings=DataSettings(weighted=True))
    assert data.task.loss.weights == pytest.approx((0.5 / 0.75, 0.5 / 0.25))


def test_masks_are_not_resized(cells) -> None:
    with pytest.raises(UsageError, match="resize is not for masks, which keep their size"):
        load_training(cells((20, 20)), settings=DataSettings(resize="pad"))


def test_a_set_for_a_trained_network_has_only_levels_it_knows(cells) -> None:
    root = cells((20, 20))
    data = load_training(root)
    whole = load_labeled(root, data.preprocessing, data.task).samples
    assert len(whole) == 20
    other = Segmentation(("a", "b"), masks=MaskLevels((0, 7), ("a", "b")))
    with pytest.raises(DataError, match="level 255 is no class"):
        load_labeled(root, data.preprocessing, other)


def test_all_parts_of_a_divided_set_are_judged_with_their_masks(cells, tmp_path: Path) -> None:
    cells((20, 20), 6)
    for part in ("train", "val"):
        for folder in ("images", "masks"):
            (tmp_path / "set" / part / folder).mkdir(parents=True)
    for path in tmp_path.glob("[im]*s/*.png"):
        part = "train" if int(path.stem) < 4 else "val"
        path.rename(tmp_path / "set" / part / path.parent.name / path.name)
    data = load_training(str(tmp_path / "set"))
    whole = load_labeled(
        str(tmp_path / "set"), data.preprocessing, data.task, origin=data.origin, split="all"
    )
    assert (len(whole.samples), len(whole.samples.targets)) == (6, 6)
