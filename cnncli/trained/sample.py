"""From a file, its bytes or an array to the input of a network, by the preprocessing it has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnncli.data.images.file import read_stdin
from cnncli.layers.base import Array
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing

Source = str | os.PathLike[str] | bytes | NDArray[Any]


class Sample(Value):
    """One image or signal, in the shape of the network's input."""

    name: str  # a path, `-`, or what else the source was
    values: NDArray[Any]  # uint8 (H, W, C) of an image, float32 (L, C) of a signal
    input: Array  # the same, normalized


def read_sample(source: Source, preprocessing: AnyPreprocessing) -> Sample:
    """Return a sample as a network takes it; raise DataError for what is none.

    Where a network takes images of any size, the middle of the image is taken, in the size the
    network was trained on.
    """
    return make_sample(*read_values(source, preprocessing.at_one_size()), preprocessing)


def make_sample(name: str, values: NDArray[Any], preprocessing: AnyPreprocessing) -> Sample:
    """Return a sample of values that are in the shape of the network's input."""
    normalized = np.empty((1, *values.shape), np.float32)
    preprocessing.normalize(values[None], np.zeros(1, np.int64), normalized)
    return Sample(name, values, normalized[0])


def read_values(source: Source, preprocessing: AnyPreprocessing) -> tuple[str, NDArray[Any]]:
    """Return the name of a sample and what preprocessing makes of it before it is normalized.

    `source` is a path (`-`: stdin), the bytes of a file, or an array: an image (H, W), (H, W, 1)
    or (H, W, 3) of uint8, or of floats from 0 to 1; a signal (L,) or (L, C). Raises DataError.
    """
    ready: Any = preprocessing  # of images or of signals: what it decodes, it can prepare
    if isinstance(source, np.ndarray):
        name, decoded = "array", ready.wrap_array(source, "array")
    elif isinstance(source, bytes):
        name, decoded = "bytes", ready.decode(source)
    else:
        name = os.fspath(source)
        decoded = ready.decode(read_stdin(ready.error) if name == "-" else name)
    return name, ready.prepare(decoded, name)
