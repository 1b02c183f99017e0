"""TIFF files that Pillow has no mode for: any number of bands, float64, 16 bits of each order.

tifffile reads them, the extra `tiff`. Each band becomes a channel.
"""

from __future__ import annotations

import logging
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnncli.data.extras import import_extra
from cnncli.data.images import size
from cnncli.data.images.depth import AnyPixels
from cnncli.data.images.mask import NO_MASK, Mask
from cnncli.data.images.modes import check_finite
from cnncli.data.images.pages import count_pages
from cnncli.data.unreadable import RefusedError

MAX_BANDS = 1024
PHOTOMETRICS = (0, 1, 2)  # white is zero, black is zero, RGB
ALPHA = (1, 2)  # what extra samples can be: associated with the colors, or not

logging.getLogger("tifffile").addHandler(logging.NullHandler())


class TiffPage:
    """A page of a TIFF, opened by tifffile."""

    def __init__(self, file: BinaryIO, page: int = 0) -> None:
        """Raise RefusedError for what is no image, and what tifffile raises."""
        tifffile = import_extra("tifffile", "tiff")
        self.file = file
        file.seek(0)
        self.tiff = tifffile.TiffFile(file)
        try:
            self.page = self.tiff.pages[page]
        except IndexError as error:
            raise RefusedError(f"it has no page {page + 1}") from error
        self.axes = "".join(axis for axis in self.page.axes if axis != "Z")
        if self.axes not in {"YX", "YXS", "SYX"} or self.page.ndim != len(self.axes):
            raise RefusedError(
                f"a TIFF of {'x'.join(map(str, self.page.shape))} ({self.page.axes})",
                "save each image as a page of its own",
            )
        if self.page.photometric not in PHOTOMETRICS:
            raise RefusedError(
                f"a TIFF of {self.page.photometric.name} of {self.page.bitspersample} bits",
                "save it as gray or RGB",
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        height, width, samples = self._stored_shape
        return height, width, samples - self._has_alpha

    @property
    def _stored_shape(self) -> tuple[int, int, int]:
        sides = dict(zip(self.axes, self.page.shape, strict=True))
        return sides["Y"], sides["X"], sides.get("S", 1)

    @property
    def _has_alpha(self) -> bool:
        """Whether the file calls its last band alpha."""
        return bool(self.page.extrasamples) and self.page.extrasamples[-1] in ALPHA

    @property
    def is_8_bit(self) -> bool:
        return self.page.dtype in (np.uint8, np.bool_)

    @property
    def pixel_bytes(self) -> int:
        """What decoding takes for each pixel: the values as they are, and as float32."""
        bands = self._stored_shape[2]
        if self.page.dtype is None or bands > MAX_BANDS:
            raise RefusedError(f"a TIFF of {bands} bands of {self.page.bitspersample} bits")
        return bands * max(3 * int(self.page.dtype.itemsize), size.ORDINARY)

    @property
    def has_more(self) -> bool:
        return self.count_pages() > 1

    def count_pages(self) -> int:
        return count_pages(self.file)

    def read(self) -> AnyPixels:
        """Return the pixels, (height, width, bands)."""
        try:
            array = self.page.asarray(maxworkers=1)
        except ValueError as error:
            if "imagecodecs" in str(error):
                raise RefusedError(
                    f"only imagecodecs reads its compression, {self.page.compression.name}",
                    "pip install imagecodecs",
                ) from error
            raise
        if self.axes == "SYX":
            array = np.moveaxis(array, 0, -1)
        array = array.reshape(self._stored_shape)
        if self._has_alpha:
            opaque = np.iinfo(array.dtype).max if array.dtype.kind in "iu" else 1
            if (array[..., -1] != opaque).any():
                raise RefusedError("it is transparent in parts", "save it without an alpha channel")
            array = array[..., :-1]
        return _to_pixels(array, white_zero=self.page.photometric == 0)

    orientation = 1

    def read_mask(self) -> Mask:
        raise RefusedError(f"its pixels are {self.shape[2]} bands of {self.page.dtype}", NO_MASK)

    def close(self) -> None:
        """Leave the file open, which is not ours."""


def _to_pixels(array: NDArray[Any], *, white_zero: bool) -> AnyPixels:
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * np.uint8(255)
    if array.dtype in (np.uint8, np.uint16):
        counted = ~array if white_zero else array
        return np.ascontiguousarray(counted, counted.dtype.newbyteorder("="))
    if array.dtype.kind not in "iuf":
        raise RefusedError(f"its pixels are {array.dtype}, not numbers")
    values = array.astype(np.float32)
    check_finite(values)
    return -values if white_zero else values
