"""FITS images, as telescopes write them: astropy reads them, the extra `fits`.

The first array of the file is taken. Two axes are an image of gray, three are a page for each
plane. Rows stand in the order of the file: FITS draws the first one at the bottom.
"""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnncli.data.extras import import_extra
from cnncli.data.images import size
from cnncli.data.images.depth import AnyPixels
from cnncli.data.images.mask import NO_MASK, Mask
from cnncli.data.images.modes import check_finite
from cnncli.data.unreadable import RefusedError


class FitsImage:
    """A plane of the first image in a FITS file."""

    def __init__(self, file: BinaryIO, page: int = 0) -> None:
        """Raise RefusedError for a file without an image, and what astropy raises."""
        fits = import_extra("astropy.io.fits", "fits")
        file.seek(0)
        self.list = fits.open(file, memmap=False, lazy_load_hdus=True)
        self.page = page
        self.unit: Any = next((unit for unit in self.list if unit.is_image and unit.shape), None)
        if self.unit is None:
            raise RefusedError("a FITS file without an image")
        planes, self.height, self.width = (1, 1, 1, *map(int, self.unit.shape))[-3:]
        if len(self.unit.shape) not in (2, 3):
            raise RefusedError(f"a FITS array of {'x'.join(map(str, self.unit.shape))}")
        self.planes = planes
        if page >= planes:
            raise RefusedError(f"it has no page {page + 1}")

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.height, self.width, 1

    @property
    def is_8_bit(self) -> bool:
        return bool(self.unit.header["BITPIX"] == 8 and "BZERO" not in self.unit.header)

    @property
    def pixel_bytes(self) -> int:
        """What decoding takes for each pixel: all planes are read, one is kept."""
        return self.planes * 8 + size.WIDE

    @property
    def has_more(self) -> bool:
        return self.planes > 1

    def count_pages(self) -> int:
        return self.planes

    def read(self) -> AnyPixels:
        """Return the pixels of the plane, (height, width, 1)."""
        plane = self.unit.data.reshape(self.planes, *self.shape)[self.page]
        if plane.dtype.kind == "u" and plane.dtype.itemsize <= 2:
            return np.ascontiguousarray(plane, plane.dtype.newbyteorder("="))
        values: NDArray[np.float32] = plane.astype(np.float32)
        check_finite(values)
        return values

    orientation = 1

    def read_mask(self) -> Mask:
        raise RefusedError("a FITS file", NO_MASK)

    def close(self) -> None:
        self.list.close()
