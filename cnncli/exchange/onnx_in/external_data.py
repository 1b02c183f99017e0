"""Weights that an ONNX file has put into files beside it, brought back into it.

A tensor names such a file, an offset and a length (github.com/onnx/onnx, docs/ExternalData.md).
Only regular files in the folder of the network are read, and no more bytes than they hold.
"""

from __future__ import annotations

import errno
import math
import os
import stat
from collections.abc import Iterator
from typing import Any

import numpy as np

from cnncli.errors import ModelFileError
from cnncli.exchange.onnx_library import onnx
from cnncli.model_file.archive import MAX_FILE_BYTES

SEPARATORS = ("/", "\\", ":")


def is_outside(tensor: Any) -> bool:
    """Say whether the values of an onnx.TensorProto are in another file."""
    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data)


def bring_in(content: Any, path: str) -> None:
    """Replace what an onnx.ModelProto read from a path has in other files by their bytes.

    Raises ModelFileError for files that are not beside it, or hold less than is asked for.
    """
    tensors = [tensor for tensor in _list_tensors(content.graph) if is_outside(tensor)]
    if tensors and path == "-":
        raise ModelFileError("has weights in other files, which stdin has no folder for")
    folder = os.path.dirname(path) or "."  # noqa: PTH120 - spelled as given
    left: dict[str, int] = {}  # bytes of each file that nothing has read
    for tensor in tensors:
        tensor.raw_data = _read(tensor, folder, left)
        tensor.ClearField("data_location")
        tensor.ClearField("external_data")


def _list_tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t


def _read(tensor: Any, folder: str, left: dict[str, int]) -> bytes:
    """Return the bytes of a tensor, and count them; raise ModelFileError."""
    described = {entry.key: entry.value for entry in tensor.external_data}
    name = str(described.get("location", ""))
    shown = "".join(sign if sign.isprintable() else "?" for sign in name[:80])
    if name in ("", ".", "..") or any(sign in name for sign in (*SEPARATORS, "\0")):
        raise ModelFileError(f"has weights in {shown!r}, which is no file beside it; put it there")
    try:
        offset, length = (int(described.get(key, 0)) for key in ("offset", "length"))
        kind = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
    except (KeyError, TypeError, ValueError):
        raise ModelFileError(f"its weights in {shown} are described wrongly") from None
    needed = math.prod(tensor.dims) * kind.itemsize
    if min(tensor.dims, default=0) < 0 or offset < 0 or length not in (0, needed):
        raise ModelFileError(f"its weights in {shown} are described wrongly; take the original")
    try:
        descriptor = os.open(
            os.path.join(folder, name),  # noqa: PTH118
            os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK,
        )
        with open(descriptor, "rb") as stream:  # noqa: PTH123
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ModelFileError(f"has weights in {shown}, which is no regular file")
            unread = left.setdefault(name, min(status.st_size, MAX_FILE_BYTES))
            if offset + needed > status.st_size or needed > unread:
                raise ModelFileError(
                    f"needs more bytes of {shown} than it holds; take both files of the original"
                )
            left[name] = unread - needed
            stream.seek(offset)
            return stream.read(needed)
    except OSError as error:
        is_link = error.errno == errno.ELOOP
        reason = "it is a link" if is_link else (error.strerror or "error").lower()
        raise ModelFileError(
            f"has weights in {shown}, which cannot be read ({reason}); put the file beside it"
        ) from error
