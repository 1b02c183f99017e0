"""Weights in an .npz file of named arrays, such as `numpy.savez(file, **weights)` makes."""

from __future__ import annotations

from cnncli.data.arrays import list_arrays, load_npz
from cnncli.errors import DataError, ModelFileError
from cnncli.exchange.tensors.named_arrays import NamedArrays


def read_arrays(path: str) -> NamedArrays:
    """Return the arrays of an archive in the order they stand in; raise ModelFileError."""
    try:
        names = list_arrays(path)
        arrays = dict(zip(names, load_npz(path, *names), strict=True))
    except DataError as error:
        raise ModelFileError(error.fault, place=path, path=path) from error
    types = {name: array.dtype.name for name, array in arrays.items()}
    return NamedArrays(arrays, types, ordered=True)
