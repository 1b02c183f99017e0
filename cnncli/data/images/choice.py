"""Choose the preprocessing a set of images asks for, from the images that are trained on alone."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from statistics import median_low

import numpy as np
from numpy.typing import NDArray

from cnncli.data.endings import ARRAYS, get_suffix
from cnncli.data.images.array import decode_array, measure_array
from cnncli.data.images.depth import AnyPixels, learn_depth
from cnncli.data.images.file import Header, Pixels, decode, measure
from cnncli.data.images.preprocessing import COLORS, MAX_BANDS, Preprocessing
from cnncli.data.settings import DataSettings
from cnncli.data.unreadable import read_readable
from cnncli.errors import DataError, UsageError, setting
from cnncli.samples import Samples

MAX_SIDE = 224  # of a size nobody asked for
LEVELS = np.arange(256)


@dataclass
class Statistics:
    """How often each of the 256 levels occurs in each channel."""

    counts: NDArray[np.int64]  # (C, 256)

    @classmethod
    def empty(cls, channels: int) -> Statistics:
        """Return the statistics of no pixels."""
        return cls(np.zeros((channels, 256), np.int64))

    def add(self, images: Pixels) -> None:
        """Count images, uint8 (n, H, W, C)."""
        for channel, counts in enumerate(self.counts):
            counts += np.bincount(images[..., channel].reshape(-1), minlength=256)

    def choose_scales_and_shifts(self, normalization: str) -> list[tuple[float, float]]:
        """Return what brings each channel to a range.

        unit: 0 to 1 for 0 to 255. standard: mean 0, standard deviation 1. minmax: 0 to 1 from
        darkest to brightest. none: 0 to 255. A channel of a single level is unit.
        """
        return [_choose_scale_and_shift(normalization, counts) for counts in self.counts]


def _choose_scale_and_shift(normalization: str, counts: NDArray[np.int64]) -> tuple[float, float]:
    if normalization == "none":
        return 1.0, 0.0
    levels = np.flatnonzero(counts)
    if normalization == "unit" or len(levels) < 2:
        return 1 / 255, 0.0
    if normalization == "minmax":
        low, high = int(levels[0]), int(levels[-1])
        return 1 / (high - low), -low / (high - low)
    number = int(counts.sum())
    mean = int(counts @ LEVELS) / number
    deviation = math.sqrt(float(counts @ (LEVELS - mean) ** 2) / number)
    return 1 / deviation, -mean / deviation


def choose_image_shape(
    samples: Samples, settings: DataSettings, threads: int
) -> tuple[Preprocessing, tuple[str, ...]]:
    """Return a preprocessing without scale and shift, and what there is to say about the choice.

    The size is what half of the images or more have, else the medians of their heights and
    widths; it is shrunk until no side is above 224. The color is gray where every image is gray.
    The range of values is learned where they have more than 8 bits. Raises DataError for images
    of different numbers of bands, UsageError for a color of bands that are none.
    """
    headers = _read_headers(samples, threads)
    sizes = Counter((header.height, header.width) for header in headers)
    usual = _choose_size(sizes)
    size = None if settings.stays_small(*usual) else settings.image_size
    height, width = size or usual
    in_color = sum(header.bands > 1 for header in headers)
    channels = _choose_channels(samples.where, {header.bands for header in headers}, settings)
    notices: list[str] = []
    if size is None and set(sizes) != {(height, width)}:
        ends = [pick(sizes, key=math.prod) for pick in (min, max)]
        extent = " to ".join(dict.fromkeys(f"{high}x{wide}" for high, wide in ends))
        notices.append(
            f"{samples.where}: images of {extent}, brought to {height}x{width} "
            f"({settings.resize_mode}); {setting('size')} and {setting('resize')} choose otherwise"
        )
    if settings.color == "auto" and 0 < in_color < len(headers):
        notices.append(
            f"{samples.where}: images in color: {in_color} of {len(headers)}, so all are taken as "
            f"{COLORS[channels]}; {setting('color')} chooses otherwise"
        )
    preprocessing = Preprocessing(
        height, width, channels, settings.resize_mode, settings.normalization or "standard"
    )
    if not all(header.is_8_bit for header in headers):
        bits, span, said = learn_depth(samples, _read_pixels, threads)
        preprocessing = replace(preprocessing, bits=bits, span=span)
        notices += said
    return preprocessing, tuple(notices)


def _choose_channels(where: str, bands: set[int], settings: DataSettings) -> int:
    """Return 1 for gray, 3 for color, or the number of bands of images that are neither."""
    if bands <= COLORS.keys():
        return {"gray": 1, "rgb": 3, "auto": max(bands)}[settings.color]
    if len(bands) > 1:
        numbers = ", ".join(map(str, sorted(bands)))
        raise DataError(f"{where}: images of {numbers} bands; bring all to one number", path=where)
    (count,) = bands
    if count > MAX_BANDS:
        raise DataError(f"{where}: images of {count} bands; {MAX_BANDS} are allowed", path=where)
    if settings.color != "auto":
        raise UsageError(f"{setting('color')} is not for images of {count} bands; leave it out")
    return count


def _read_headers(samples: Samples, threads: int) -> list[Header]:
    """Return what can be read of the headers; the decoding that follows names the bad ones."""
    if samples.values is not None:
        _, height, width, channels = samples.values.shape
        is_8_bit = samples.values.dtype == np.uint8
        return [Header(height, width, channels, is_8_bit)] * len(samples)
    return read_readable(samples.where, samples.names, _read_header, threads)


def _read_header(name: str) -> Header:
    return measure_array(name) if get_suffix(name) in ARRAYS else measure(name)


def _read_pixels(name: str) -> AnyPixels:
    return (decode_array(name) if get_suffix(name) in ARRAYS else decode(name)).pixels


def _choose_size(sizes: Counter[tuple[int, int]]) -> tuple[int, int]:
    (height, width), most = min(sizes.most_common(), key=lambda pair: (-pair[1], pair[0]))
    if most * 2 < sizes.total():
        height, width = (median_low([size[axis] for size in sizes.elements()]) for axis in (0, 1))
    shrink = min(MAX_SIDE / max(height, width), 1.0)
    return max(round(height * shrink), 1), max(round(width * shrink), 1)
