"""Arrays in HDF5 files, by their names, as in an .npz: h5py reads them, the extra `h5`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncli.data.extras import import_extra
from cnncli.data.unreadable import RefusedError
from cnncli.errors import DataError
from cnncli.memory import measure_available_memory

if TYPE_CHECKING:
    from cnncli.data.arrays import AnyArray

ENDINGS = (".h5", ".hdf5")


def is_hdf5(path: str) -> bool:
    """Say whether a file is named like an HDF5 file."""
    return path.lower().endswith(ENDINGS)


def list_data_sets(path: str) -> list[str]:
    """Return the names of the arrays that are in no group of the file; raise DataError."""
    return list(_read(path, None))


def load_data_sets(path: str, *names: str) -> list[AnyArray]:
    """Return some of these arrays; raise DataError."""
    arrays = _read(path, names)
    return [arrays[name] for name in names]


def _read(path: str, names: tuple[str, ...] | None) -> dict[str, Any]:
    """Return the arrays of these names; of None, all that there are, not read."""
    try:
        with import_extra("h5py", "h5").File(path, "r") as file:
            sets = {name: item for name, item in file.items() if hasattr(item, "dtype")}
            return sets if names is None else {name: _load(sets[name], name) for name in names}
    except RefusedError as error:
        raise DataError(f"{error}; {error.remedy}", path=path, place=path) from error
    except Exception as error:  # a library fed with rubbish raises what it likes
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise DataError(f"not usable as HDF5 ({reason})", path=path, place=path) from error


def _load(data_set: Any, name: str) -> AnyArray:
    if data_set.is_virtual or data_set.external:
        raise RefusedError(f"{name} lies in other files", "copy it into this one")
    if data_set.dtype.kind not in "biufSU":
        raise RefusedError(f"{name} holds {data_set.dtype}, not numbers or words", "convert it")
    if data_set.nbytes > measure_available_memory():
        raise RefusedError(f"{name} is larger than the memory", "save a part of it")
    array: AnyArray = data_set[...]
    return array
