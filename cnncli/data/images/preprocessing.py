"""The only way from an image to a network: color, size and normalization, kept in the model file.

An image is turned into gray, RGB or the bands it has (modes.py), in levels from 0 to 255
(depth.py), then to the color of the network (gray is ITU-R 601 luma, 0.299 R + 0.587 G + 0.114 B),
then resized once, by Pillow's `Image.resize` with BILINEAR, which averages over the pixels it
leaves out (antialias):

- stretch: the whole image, its shape not kept;
- crop: the largest middle part that has the shape of the network's input, or of its sides only a
  share, as networks of ImageNet are given the middle 224 of 256 pixels;
- pad: the whole image in the middle, with black where it does not reach;
- none: the whole image at its own size, for networks that answer for every pixel.

Where each image is normalized by itself, its levels are then brought to the same mean and standard
deviation, 128 and 48 per channel. Then y = pixel * scale + shift, with a scale and a shift per
channel.
"""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnncli.data.endings import ARRAYS, get_suffix
from cnncli.data.images.depth import AnyPixels, Span, is_misfit, to_8_bits
from cnncli.data.images.file import EXTENSIONS, Picture, Pixels, decode, list_pages
from cnncli.data.normalization import (
    are_numbers,
    float32_array,
    manifest_error,
    round_to_float32,
)
from cnncli.data.unreadable import FileError, ImageError, RefusedError
from cnncli.engine import normalize
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.images.choice import Statistics

RESIZE_MODES = ("stretch", "crop", "pad", "none")
NORMALIZATIONS = ("unit", "standard", "minmax", "image", "none")
MEAN, DEVIATION = 128.0, 48.0  # of an image that is normalized by itself
COLORS = {1: "gray", 3: "rgb"}  # other numbers of channels are bands, which no color is made of
MAX_SIDE, MAX_BANDS = 65535, 1024
OPTIONAL = {"bits", "span", "share"}  # in a model file


class Preprocessing(Value):
    """What is done to every image before a network sees it."""

    noun: ClassVar[str] = "image"
    dtype: ClassVar[type[np.generic]] = np.uint8
    extensions: ClassVar[frozenset[str]] = EXTENSIONS
    array_extensions: ClassVar[tuple[str, ...]] = (
        ".npy", ".npz", ".h5", ".hdf5", ".csv", ".tsv",
    )  # of files with many  # fmt: skip
    error: ClassVar[type[FileError]] = ImageError

    height: int
    width: int
    channels: int
    resize: str = "stretch"
    normalization: str = "none"
    scale: tuple[float, ...] = ()  # per channel, each exactly a float32
    shift: tuple[float, ...] = ()
    bits: int | None = None  # of images of 16 bits, see depth.py; None: trained on none of them
    span: Span | None = None  # of images of floats
    share: float | None = None  # of the sides of the part that crop takes, how much; None: all

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The (H, W, C) of the network's input."""
        return self.height, self.width, self.channels

    @property
    def color(self) -> str:
        """Either "gray" or "rgb", or the number of bands."""
        return COLORS.get(self.channels, f"{self.channels} bands")

    @property
    def description(self) -> str:
        """What there is to say beside the shape."""
        return self.color

    def decode(self, source: str | bytes) -> Picture:
        """Return an image as it is in a file, a .npy file of its own, too; raise ImageError."""
        if isinstance(source, str) and get_suffix(source) in ARRAYS:
            from cnncli.data.images.array import decode_array

            return decode_array(source)
        return decode(source)

    def list_samples(self, path: str) -> list[str]:
        """Return the names of the images in a file; raise ImageError.

        A network that answers for every pixel, as of stacks of slices, sees each page of it.
        """
        return list_pages(path) if self.resize == "none" else [path]

    def load_rows(self, path: str) -> list[tuple[str, AnyPixels]]:
        """Return the images in a file of arrays, uint8 or uint16 (h, w, C), each with its name.

        In a table, each row is a gray image. Raises DataError.
        """
        from cnncli.data.shapes import load_array, split_images

        return split_images(load_array(path), self.input_shape, path)

    def wrap_row(self, pixels: AnyPixels) -> Picture:
        """Return a row of an array of images, as if decoded."""
        return Picture(pixels, False)

    def wrap_array(self, array: NDArray[np.generic], name: str) -> Picture:
        """Return an image (h, w) or (h, w, C), uint8, uint16 or floats from 0 to 1, as if decoded.

        Raises DataError for an array of anything else.
        """
        from cnncli.data.arrays import to_images

        return self.wrap_row(to_images(array[None], name)[0])

    def at_one_size(self) -> Preprocessing:
        """Return the preprocessing that brings every image to the size of the input."""
        return replace(self, resize="crop") if self.resize == "none" else self

    def prepare(self, picture: Picture, name: str) -> Pixels:
        """Return a decoded image in the shape of the input, uint8 (H, W, C); raise ImageError."""
        return self.prepare_pixels(picture.pixels, name)

    def is_misfit(self, picture: Picture) -> bool:
        """Say whether the values of an image are of another range than the training images'."""
        return is_misfit(picture.pixels, self.bits, self.span)

    def prepare_pixels(self, pixels: AnyPixels, name: str = "array") -> Pixels:
        """Return an image (h, w, bands) as uint8, in the shape of the input or at its own size.

        Raises ImageError for bands or values that the network cannot take.
        """
        try:
            levels = to_8_bits(pixels, self.bits, self.span)
            fitted = self._fit(levels)
        except RefusedError as error:
            raise ImageError(name, str(error), error.remedy) from error
        return normalize_levels(fitted) if self.normalization == "image" else fitted

    def _fit(self, pixels: Pixels) -> Pixels:
        if pixels.shape == self.input_shape and self.share is None:
            return pixels
        bands = pixels.shape[2]
        if bands != self.channels and not {bands, self.channels} <= COLORS.keys():
            raise RefusedError(
                f"bands: {bands}, and the network takes {self.channels}",
                "bring it to the same number",
            )
        if self.channels not in COLORS:
            return np.concatenate([self._fit_color(pixels[..., k, None]) for k in range(bands)], 2)
        return np.ascontiguousarray(
            np.broadcast_to(color := self._fit_color(pixels), (*color.shape[:2], self.channels))
        )

    def _fit_color(self, pixels: Pixels) -> Pixels:
        """Return gray or RGB at its size, (h, w, 1 or 3)."""
        image = self._to_color(pixels)
        return np.atleast_3d(np.asarray(image if self.resize == "none" else self._resize(image)))

    def normalize(
        self,
        values: NDArray[Any],
        indices: NDArray[np.int64],
        out: NDArray[np.float32],
        threads: int = 1,
    ) -> None:
        """Write values[indices] * scale + shift into out, float32 (n, H, W, C).

        `values` are images, uint8 (M, H, W, C), that `prepare` made.
        """
        normalize(
            values, indices, float32_array(self.scale), float32_array(self.shift), out, threads
        )

    def begin_statistics(self) -> Statistics:
        """Return what the normalization is chosen by, of no image yet."""
        from cnncli.data.images.choice import Statistics

        return Statistics.empty(self.channels)

    def to_manifest(self) -> dict[str, Any]:
        """Return what a model file keeps, ready for JSON."""
        kept = asdict(self) | {"scale": list(self.scale), "shift": list(self.shift)}
        if self.span is not None:
            kept["span"] = list(self.span)
        # Only where they say something, so that earlier versions read all other models.
        return {name: value for name, value in kept.items() if value is not None}

    @classmethod
    def from_manifest(cls, value: object) -> Preprocessing:
        """Return what to_manifest described; raise ModelFileError for anything else."""
        names = {field.name for field in fields(cls)}
        if not isinstance(value, dict) or not names - OPTIONAL <= set(value) <= names:
            raise manifest_error("it", value)
        for name in ("height", "width"):
            if type(value[name]) is not int or not 1 <= value[name] <= MAX_SIDE:
                raise manifest_error(name, value[name])
        for name, choices in (
            ("channels", range(1, MAX_BANDS + 1)),
            ("resize", RESIZE_MODES),
            ("normalization", NORMALIZATIONS),
            ("bits", (None, *range(8, 17))),
        ):
            held = value.get(name)
            if type(held) not in (int, str, type(None)) or held not in choices:
                raise manifest_error(name, held)
        for name in ("scale", "shift"):
            if not are_numbers(value[name], value["channels"]):
                raise manifest_error(name, value[name])
        span = value.get("span")
        if span is not None and not (are_numbers(span, 2) and span[0] < span[1]):
            raise manifest_error("span", span)
        share = value.get("share")
        if share is not None and not (are_numbers([share], 1) and 0 < share <= 1):
            raise manifest_error("share", share)
        numbers = {name: round_to_float32(value[name]) for name in ("scale", "shift")}
        return cls(**{**value, **numbers, "span": None if span is None else tuple(span)})

    def _to_color(self, pixels: Pixels) -> Image.Image:
        """Return an image that is gray if the network wants it so."""
        image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
        return image.convert("L") if self.channels == 1 and image.mode == "RGB" else image

    def _resize(self, image: Image.Image) -> Image.Image:
        size = self.width, self.height
        if image.size == size and self.share is None:
            return image
        if self.resize == "stretch":
            return image.resize(size, Image.Resampling.BILINEAR)
        if self.resize == "crop":
            zoom = max(self.width / image.width, self.height / image.height)
            half_share = (1.0 if self.share is None else self.share) / 2
            half_width = min(self.width / zoom, image.width) * half_share
            half_height = min(self.height / zoom, image.height) * half_share
            x, y = image.width / 2, image.height / 2
            box = (x - half_width, y - half_height, x + half_width, y + half_height)
            return image.resize(size, Image.Resampling.BILINEAR, box)
        zoom = min(self.width / image.width, self.height / image.height)
        width = min(max(round(image.width * zoom), 1), self.width)
        height = min(max(round(image.height * zoom), 1), self.height)
        canvas = Image.new(image.mode, size)
        small = image.resize((width, height), Image.Resampling.BILINEAR)
        canvas.paste(small, ((self.width - width) // 2, (self.height - height) // 2))
        return canvas


def normalize_levels(pixels: Pixels) -> Pixels:
    """Return an image (h, w, C) with mean 128 and standard deviation 48 in each channel."""
    mean = pixels.mean(axis=(0, 1), dtype=np.float64)
    deviation = pixels.std(axis=(0, 1), dtype=np.float64)
    gain = np.divide(DEVIATION, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    levels = (np.arange(256)[:, None] - mean) * gain + MEAN
    table = np.clip(np.rint(levels), 0, 255).astype(np.uint8)  # (256, C)
    brought = np.empty_like(pixels)
    for channel in range(pixels.shape[2]):
        np.take(table[:, channel], pixels[..., channel], out=brought[..., channel], mode="clip")
    return brought
