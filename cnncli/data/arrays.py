"""Read arrays from .npy and .npz files: nothing is executed, and no header is believed unseen."""

from __future__ import annotations

import math
import stat
import zipfile
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from cnncli.data.hdf5 import is_hdf5, list_data_sets, load_data_sets
from cnncli.data.images.depth import AnyPixels
from cnncli.data.images.file import Pixels
from cnncli.errors import DataError
from cnncli.memory import measure_available_memory
from cnncli.wording import shorten

MAX_HEADER = 4096  # characters
MAX_MEMBERS = 1000
MOST_COLORS = 4  # channels of an image in color and opacity
BLOCK = 1 << 24  # values converted at a time
LARGEST = 1e30  # value of a signal, so that sums of squares stay finite
SAVEZ = "numpy.savez(file, x=images, y=classes)"

AnyArray = NDArray[np.generic]


class UnusableError(Exception):
    """Why an array is not accepted, in a few words."""


def load_npy(path: str) -> AnyArray:
    """Return the array of a .npy file; raise DataError."""
    try:
        with open_regular(path) as file:
            return read_array(file, Path(path).stat().st_size, path)
    except Exception as error:  # the parsers raise a dozen kinds
        raise _word_error(path, error, "numpy.save(file, images)") from error


def list_arrays(path: str) -> list[str]:
    """Return the names of the arrays in a .npz or HDF5 file; raise DataError."""
    if is_hdf5(path):
        return list_data_sets(path)
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            names = list(_list_members(archive))
    except Exception as error:  # the parsers raise a dozen kinds
        raise _word_error(path, error, SAVEZ) from error
    if "manifest" in names:
        raise DataError("is a trained model; give images or signals", path=path, place=path)
    return names


def load_npz(path: str, *names: str) -> list[AnyArray]:
    """Return some arrays of a .npz or HDF5 file; raise DataError."""
    if is_hdf5(path):
        return load_data_sets(path, *names)
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            members = _list_members(archive)
            arrays = []
            for name in names:
                with archive.open(members[name]) as inner:
                    arrays.append(read_array(inner, members[name].file_size, name))
            return arrays
    except Exception as error:  # the parsers raise a dozen kinds
        raise _word_error(path, error, SAVEZ) from error


def load_x(path: str, nouns: str) -> AnyArray:
    """Return the array of a .npy file, or x, or all there is, of a .npz file; raise DataError.

    `nouns` says in errors what it should hold.
    """
    if path.lower().endswith(".npy"):
        return load_npy(path)
    names = list_arrays(path)
    if "x" not in names and len(names) != 1:
        raise DataError(
            f"holds {shorten(names) or 'no arrays'}, not the {nouns} x; "
            f"save it with numpy.savez(file, x={nouns})",
            path=path,
            place=path,
        )
    (array,) = load_npz(path, "x" if "x" in names else names[0])
    return array


def open_regular(path: str) -> BinaryIO:
    """Open a file for reading; raise UnusableError for pipes and devices, which might never end."""
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise UnusableError("not a regular file")
    return Path(path).open("rb")


def read_array(file: IO[bytes], size: int, name: str) -> AnyArray:
    """Return the array of a .npy file of `size` bytes, once header and length are known to fit.

    Raises UnusableError, and whatever the parser of the header raises.
    """
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise UnusableError(f"{name}: .npy version {version[0]}.{version[1]}")
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read_header(file, max_header_size=MAX_HEADER)
    if dtype.kind not in "biufSU":
        raise UnusableError(f"{name}: holds {dtype}, not numbers or words")
    needed = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or needed != size - file.tell():
        raise UnusableError(f"{name}: truncated, or its header is wrong")
    if needed > measure_available_memory():
        raise UnusableError(f"{name}: larger than the memory")
    data = file.read(needed)
    if len(data) != needed:
        raise UnusableError(f"{name}: truncated")
    array = np.frombuffer(data, dtype) if needed else np.empty(0, dtype)
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)


def to_images(array: AnyArray, where: str) -> AnyPixels:
    """Return an array of images as uint8 or uint16 (N, H, W, C); raise DataError.

    Floats are taken as 0 for black to 1 for white and rounded to 8 bits.
    """
    if array.ndim == 3:
        array = array[..., np.newaxis]
    shape = "x".join(map(str, array.shape)) or "one number"
    if array.ndim != 4 or 0 in array.shape[1:]:
        raise DataError(
            f"an array of {shape}, not of images; expected NxHxW (gray) or NxHxWxC", place=where
        )
    if _has_channels_first(*array.shape[1:]):
        raise DataError(
            f"an array of {shape}, with channels first; transpose(0, 2, 3, 1) puts the channels "
            "last",
            place=where,
        )
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:
        return np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    if array.dtype.kind != "f":
        raise DataError(
            f"images of {array.dtype}; expected uint8, uint16, or floats from 0 to 1", place=where
        )
    if array.size and not (array.min() >= 0 and array.max() <= 1):  # false for NaN, too
        raise DataError(
            f"float images that are not within 0 to 1 ({array.min():g} to "
            f"{array.max():g}); divide them, or save them as uint8 from 0 to 255",
            place=where,
        )
    return _round_to_8_bits(array)


def to_signals(array: AnyArray, where: str) -> NDArray[np.float32]:
    """Return an array of signals as float32 (N, L, C), all of them finite; raise DataError."""
    if array.dtype.kind in "iuf" and array.size and not are_finite(array):
        raise DataError("NaN or infinite values; replace or remove them", place=where)
    return to_floats(array, where)


def are_finite(array: AnyArray) -> bool:
    """Say whether all numbers, of which there are some, have squares that can be summed up."""
    return bool(abs(array.min()) < LARGEST and abs(array.max()) < LARGEST)  # false for NaN, too


def to_floats(array: AnyArray, where: str) -> NDArray[np.float32]:
    """Return an array of signals as float32 (N, L, C), finite or not; raise DataError."""
    if array.ndim == 2:
        array = array[..., np.newaxis]
    if array.ndim != 3 or 0 in array.shape[1:] or array.dtype.kind not in "iuf":
        shape = "x".join(map(str, array.shape))
        raise DataError(
            f"{shape or 'one'} {array.dtype}, not signals; expected numbers, NxL or NxLxC",
            place=where,
        )
    return np.ascontiguousarray(array, np.float32)


def _has_channels_first(first: int, second: int, third: int) -> bool:
    """Say whether sizes are those of channels, height and width, and not of channels at the end."""
    return third > MOST_COLORS and (first in (1, 3, 4) or first < second == third)


def _round_to_8_bits(array: AnyArray) -> Pixels:
    pixels = np.empty(array.shape, np.uint8)
    step = max(BLOCK // math.prod(array.shape[1:]), 1)
    for start in range(0, len(array), step):
        block = array[start : start + step].astype(np.float32)
        pixels[start : start + step] = np.rint(block * 255)
    return pixels


def _list_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if info.filename.endswith(".npy")]
    members = {info.filename.removesuffix(".npy"): info for info in infos}
    if len(infos) > MAX_MEMBERS or len(members) < len(infos):
        raise UnusableError("too many arrays, or two of the same name")
    return members


def _word_error(path: str, error: Exception, call: str) -> DataError:
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror.lower()
    else:
        text = str(error).removeprefix(f"{path}: ")
        reason = " ".join(text.split())[:100] or type(error).__name__
    return DataError(f"not usable ({reason}); save it with {call}", path=path, place=path)
