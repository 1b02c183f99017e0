"""The bytes of a file: an .npz of stored members, the same for the same content.

First comes `manifest`, JSON as a vector of bytes, then the arrays, of few dtypes. Nothing is
compressed and nothing dated, so the bytes around the contents follow from names, shapes and
checksums: the writer writes them, and the reader compares what it finds with them.
The formats: PKWARE's APPNOTE.TXT 4.3 (zip), numpy.lib.format (npy, version 1.0).
"""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncli.errors import ModelFileError
from cnncli.model_file.manifest import MAX_BYTES, Manifest, seal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cnncli.layers.base import Shape

    Array = NDArray[Any]

MAX_FILE_BYTES = 2**31 - 1  # the zip needs no 64-bit fields
MAX_ARRAYS = 4095  # beside the manifest
MANIFEST = "manifest"
DATE = 0x21  # 1980-01-01, the first day a zip knows
REGULAR_FILE = 0o100644 << 16

DTYPES = {"float32": "<f4", "uint32": "<u4", "uint8": "|u1"}  # all there are, and npy's names

Buffer = bytes | memoryview


class ArrayType(NamedTuple):
    """What there is to know of an array before it is read."""

    shape: Shape
    dtype: str = "float32"


def pack_archive(kind: str, content: Manifest, arrays: Mapping[str, Array]) -> Iterator[Buffer]:
    """Yield the bytes of a file of this kind, piece by piece.

    `content` goes into the manifest, so it holds only what JSON knows.
    """
    arrays = {name: _to_file_layout(array) for name, array in arrays.items()}
    entries = [
        {**describe_array(name, type_of(array)), "sha256": hashlib.sha256(array.data).hexdigest()}
        for name, array in arrays.items()
    ]
    text = seal(kind, {**content, "arrays": entries})
    if len(text) > MAX_BYTES:
        raise ModelFileError(f"the manifest would have {len(text)} bytes; the limit is {MAX_BYTES}")
    assert len(entries) <= MAX_ARRAYS
    frame = Frame()
    yield frame.before(MANIFEST, make_manifest_header(len(text)), text)
    yield text
    for name, array in arrays.items():
        yield frame.before(name, make_array_header(*type_of(array)), array.data)
        yield array.data
    yield frame.end()


class Frame:
    """Makes the bytes before, between and behind the contents; to be asked for in their order."""

    def __init__(self) -> None:
        self.offset = 0
        self.directory: list[bytes] = []

    def before(self, name: str, header: bytes, data: Buffer) -> bytes:
        """Return what stands before these data: the zip's local header and the npy header."""
        filename = f"{name}.npy".encode()
        size = len(header) + memoryview(data).nbytes
        checksum = zlib.crc32(data, zlib.crc32(header))
        facts = (20, 0, 0, 0, DATE, checksum, size, size, len(filename), 0)
        shared = struct.pack("<5H3I2H", *facts)
        self.directory.append(
            struct.pack("<4sH", b"PK\1\2", 3 << 8 | 20)
            + shared
            + struct.pack("<3H2I", 0, 0, 0, REGULAR_FILE, self.offset)
            + filename
        )
        local = b"PK\3\4" + shared + filename
        self.offset += len(local) + size
        return local + header

    def end(self) -> bytes:
        """Return what stands behind all data: the zip's directory and its end record."""
        count, size = len(self.directory), sum(map(len, self.directory))
        facts = (b"PK\5\6", 0, 0, count, count, size, self.offset, 0)
        return b"".join(self.directory) + struct.pack("<4s4H2IH", *facts)


def type_of(array: Array) -> ArrayType:
    """Return the type of an array that is there."""
    return ArrayType(array.shape, array.dtype.name)


def describe_array(name: str, kind: ArrayType) -> dict[str, Any]:
    """Return what the manifest says of an array, but for its checksum."""
    return {"name": name, "dtype": kind.dtype, "shape": list(kind.shape)}


def make_manifest_header(length: int) -> bytes:
    """Return the npy header of a manifest of so many bytes."""
    return _make_npy_header("|u1", (length,))


def make_array_header(shape: Shape, dtype: str = "float32") -> bytes:
    """Return the npy header of an array."""
    return _make_npy_header(DTYPES[dtype], shape)


def measure_file(manifest_bytes: int, kinds: Mapping[str, ArrayType]) -> int:
    """Return the length of a file with arrays of these types."""
    members = [(MANIFEST, make_manifest_header(manifest_bytes), manifest_bytes)]
    members += [
        (name, make_array_header(*kind), math.prod(kind.shape) * int(DTYPES[kind.dtype][-1]))
        for name, kind in kinds.items()
    ]
    empty = Frame()
    framing = sum(len(empty.before(name, header, b"")) for name, header, _ in members)
    return framing + sum(length for *_, length in members) + len(empty.end())


def _make_npy_header(kind: str, shape: Shape) -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    length = -(10 + len(text) + 1) % 64 + len(text) + 1  # 64 bytes and more, as NumPy pads it
    return b"\x93NUMPY\1\0" + struct.pack("<H", length) + text.ljust(length - 1).encode() + b"\n"


def _to_file_layout(array: Array) -> Array:
    return array.astype(DTYPES[array.dtype.name], order="C", copy=False)
