"""The strict reader: a file is what the writer would have written, to the last byte, or refused.

It interprets nothing but the manifest. Names, shapes and lengths come from there and are compared
with what the architecture needs before memory is taken for an array; zip and npy headers, flags,
directory and end are compared as a whole. So no member can hide, repeat, overlap, be compressed,
encrypted or pickled, and no byte can stand before or behind the archive.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ModelFileError
from cnncli.model_file import archive
from cnncli.model_file.manifest import DAMAGED, MAX_BYTES, Manifest, unseal

if TYPE_CHECKING:
    Types = Mapping[str, archive.ArrayType]


def read_archive(
    path: str | os.PathLike[str], kind: str, types: Callable[[Manifest], Types]
) -> tuple[Manifest, dict[str, NDArray[Any]]]:
    """Return the manifest and the arrays of a file of this kind; `-` is stdin.

    `types` says which arrays a file with this manifest has to have, in their order. Raises
    ModelFileError alone, also for what `types` raises it for: a message gets the path in front.
    """
    with open_model_file(path) as stream:
        reader = _Reader(stream)
        manifest = reader.read_manifest(kind)
        return manifest, reader.read_arrays(manifest, types(manifest))


def is_foreign_archive(path: str) -> bool:
    """Say whether a file is a zip whose first member is not the manifest of a model."""
    with open_model_file(path) as stream:
        head = stream.read(64)
    return head[:4] == b"PK\3\4" and not head[30:].startswith(archive.MANIFEST.encode())


@contextlib.contextmanager
def open_model_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file to read a model from, `-` being stdin, and name it in what is raised meanwhile.

    Raises ModelFileError alone, for a file that cannot be read; a message of another one that
    comes up gets the path in front.
    """
    name = "stdin" if path == "-" else os.fspath(path)
    try:
        with _open(path) as stream:
            yield stream
    except ModelFileError as error:
        raise ModelFileError(
            f"{name}: {error.message}", path=name, details=error.details
        ) from error
    except FileNotFoundError as error:
        raise ModelFileError(f"{name}: no such file; check the path", path=name) from error
    except IsADirectoryError as error:
        raise ModelFileError(
            f"{name}: is a folder, not a model file; the model comes first", path=name
        ) from error
    except OSError as error:
        fault = (error.strerror or str(error)).lower()
        raise ModelFileError(f"{name}: cannot be read: {fault}", path=name) from error


@contextlib.contextmanager
def _open(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    if path == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise ModelFileError("has no model; redirect one into it: < model.npz")
        yield io.BytesIO(sys.stdin.buffer.read(archive.MAX_FILE_BYTES + 1))
        return
    with open(path, "rb", opener=_open_without_waiting) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ModelFileError("is a pipe or a device, not a file; '-' reads a model from stdin")
        yield stream


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # else a pipe without a writer holds us up


class _Reader:
    """Reads a file from front to back."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.size = stream.seek(0, os.SEEK_END)
        self.frame = archive.Frame()
        self.manifest_bytes = 0

    def read_manifest(self, kind: str) -> Manifest:
        """Return the checked manifest."""
        self._check_ends()
        first = archive.Frame().before(archive.MANIFEST, archive.make_manifest_header(0), b"")
        head = self.stream.read(len(first))
        name = f"{archive.MANIFEST}.npy".encode()
        if head[30 : 30 + len(name)] != name:
            raise ModelFileError("is an .npz file, but no model: its manifest is missing")
        if head[:14] + head[26:30] != first[:14] + first[26:30]:
            raise ModelFileError("was rewritten by another program, or damaged; take the original")
        (size,) = struct.unpack_from("<I", head, 22)
        length = size - len(archive.make_manifest_header(0))
        if not 0 < length <= MAX_BYTES:
            raise ModelFileError(f"its manifest has {length} bytes; {DAMAGED}")
        text = self.stream.read(length)
        if head != self.frame.before(archive.MANIFEST, archive.make_manifest_header(length), text):
            raise ModelFileError(f"its manifest does not match its checksum; {DAMAGED}")
        self.manifest_bytes = length
        return unseal(text, kind)

    def _check_ends(self) -> None:
        if self.size > archive.MAX_FILE_BYTES:
            raise ModelFileError(f"has more than {archive.MAX_FILE_BYTES} bytes, the limit")
        self.stream.seek(0)
        if self.stream.read(4) != b"PK\3\4":
            raise ModelFileError("is not a model file: it does not begin like an .npz")
        self.stream.seek(max(0, self.size - len(archive.Frame().end())))
        if not self.stream.read().startswith(b"PK\5\6"):
            raise ModelFileError(
                f"is truncated at byte {self.size}, or something was appended to it; {DAMAGED}"
            )
        self.stream.seek(0)

    def read_arrays(self, manifest: Manifest, types: Types) -> dict[str, NDArray[Any]]:
        """Return the arrays, which have to be the ones of these names and types."""
        digests = _list_digests(manifest, types)
        needed = archive.measure_file(self.manifest_bytes, types)
        if self.size != needed:
            raise ModelFileError(f"has {self.size} bytes instead of {needed}; {DAMAGED}")
        arrays = {name: self._read_array(name, kind, digests[name]) for name, kind in types.items()}
        if self.stream.read() != self.frame.end():
            raise ModelFileError(f"its list of contents is not the one cnncli writes; {DAMAGED}")
        return arrays

    def _read_array(self, name: str, kind: archive.ArrayType, digest: object) -> NDArray[Any]:
        header = archive.make_array_header(*kind)
        length = len(archive.Frame().before(name, header, b""))
        head = self.stream.read(length)
        array = np.empty(kind.shape, archive.DTYPES[kind.dtype])
        data = array.reshape(-1).view(np.uint8).data
        self.stream.readinto(data)  # type: ignore[attr-defined]
        if hashlib.sha256(data).hexdigest() != digest:
            raise ModelFileError(f"{name} does not match its checksum; {DAMAGED}")
        if head != self.frame.before(name, header, data):
            raise ModelFileError(f"the header of {name} is not the one cnncli writes; {DAMAGED}")
        if not np.isfinite(array).all():
            raise ModelFileError(f"{name} has NaN or infinite values; train the model again")
        return array.astype(kind.dtype, copy=False)


def _list_digests(manifest: Manifest, types: Types) -> dict[str, object]:
    """Return the listed checksums of the arrays; refuse a list of other arrays than these."""
    entries = manifest.get("arrays")
    if not isinstance(entries, list) or len(entries) != len(types):
        raise ModelFileError(f"does not list the {len(types)} arrays of its network")
    digests: dict[str, object] = {}
    for entry, (name, kind) in zip(entries, types.items(), strict=True):
        needed = archive.describe_array(name, kind)
        if not isinstance(entry, dict) or any(entry.get(key) != needed[key] for key in needed):
            size = "x".join(map(str, kind.shape))
            raise ModelFileError(f"does not list {name} of {size}, as its network needs")
        digests[name] = entry.get("sha256")
    return digests
