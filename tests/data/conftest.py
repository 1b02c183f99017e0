from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images.mask import GRAYS, Mask

Size = tuple[int, int]


def noise(height: int, width: int, channels: int, seed: int = 0) -> np.ndarray:
    """Return random pixels, uint8 (height, width, channels)."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def picture(height: int, width: int, mode: str = "L", seed: int = 0) -> Image.Image:
    """Return a random gray ("L") or color ("RGB") image."""
    pixels = noise(height, width, 3 if mode == "RGB" else 1, seed)
    return Image.fromarray(pixels if mode == "RGB" else pixels[:, :, 0])


@pytest.fixture(name="picture")
def picture_fixture() -> Callable[..., Image.Image]:
    return picture


@pytest.fixture(name="noise")
def noise_fixture() -> Callable[..., np.ndarray]:
    return noise


@pytest.fixture
def class_folder(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes folders of random PNGs: class_folder({"train/cat": 3})."""

    def make(
        counts: dict[str, int],
        *,
        name: str = "set",
        mode: str = "L",
        size: tuple[int, int] = (6, 5),
    ) -> Path:
        root = tmp_path / name
        for number, (folder, count) in enumerate(counts.items()):
            (root / folder).mkdir(parents=True, exist_ok=True)
            for i in range(count):
                picture(*size, mode, seed=1000 * number + i).save(root / folder / f"{i}.png")
        return root

    return make


@pytest.fixture
def stdin() -> Iterator[Callable[[bytes], None]]:
    """Return a function that puts bytes on file descriptor 0."""
    before = os.dup(0)

    def feed(data: bytes) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            os.dup2(file.fileno(), 0)

    yield feed
    os.dup2(before, 0)
    os.close(before)


def signal(number: int, length: int = 6) -> np.ndarray:
    """Return a random signal of two channels, float32 (length, 2)."""
    return np.random.default_rng(number).standard_normal((length, 2)).astype(np.float32)


@pytest.fixture(name="signal")
def signal_fixture() -> Callable[..., np.ndarray]:
    return signal


@pytest.fixture
def signal_folder(tmp_path: Path) -> Path:
    """Two classes of 20 arrays each, of signals of 6 samples."""
    for number in range(40):
        (tmp_path / "set" / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        np.save(tmp_path / "set" / "ab"[number % 2] / f"{number}.npy", signal(number))
    return tmp_path / "set"


@pytest.fixture
def signal_array(tmp_path: Path) -> str:
    """The path of an array of 40 signals of 16 samples in two classes."""
    path = str(tmp_path / "set.npz")
    x = np.stack([signal(number, 16) for number in range(40)])
    np.savez(path, x=x, y=np.arange(40) % 2)
    return path


def gray_mask(*rows: list[int]) -> Mask:
    return Mask(np.array(rows, np.uint8), GRAYS, "gray")


@pytest.fixture(name="gray_mask")
def gray_mask_fixture() -> Callable[..., Mask]:
    """Return a function from rows of gray levels to a mask."""
    return gray_mask


@pytest.fixture
def save_mask(tmp_path: Path) -> Callable[..., str]:
    """Return a function that writes numbers as a gray PNG, with a palette or, "RGB", in colors."""

    def save(name: str, rows: object, palette: str = "", mode: str = "P") -> str:
        """`palette` are colors: "000000 ff0000"."""
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(np.array(rows, np.uint8))
        if palette:
            picture.putpalette(bytes.fromhex(palette))
            picture = picture.convert(mode)
        picture.save(path)
        return str(path)

    return save
