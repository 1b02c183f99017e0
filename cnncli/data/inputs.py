"""What there is to predict: images, folders, arrays and stdin, one after the other."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from cnncli.data.image import Picture, Pixels, decode, read_stdin
from cnncli.data.preprocessing import Preprocessing
from cnncli.errors import DataError
from cnncli.value import Value

CHUNK = 1 << 16  # bytes of a list of paths read at a time


class Input(Value):
    """One image to be, by the name it is reported under."""

    name: str
    load: Callable[[], Picture]  # raises DataError


def expand(paths: Iterable[str]) -> Iterator[Input]:
    """Yield the images that paths lead to, in order; nothing is opened before it is its turn.

    Folders are walked in the byte order of their files, arrays in .npy and .npz files are taken
    apart, and - is one image on stdin. A path that leads nowhere is an input that fails to load.
    """
    for path in paths:
        if path == "-":
            yield Input(path, lambda: decode(read_stdin()))
            continue
        try:
            if os.path.isdir(path):  # noqa: PTH112 - pathlib takes its time to import
                yield from _folder(path)
            elif os.path.splitext(path)[1].lower() in (".npy", ".npz"):  # noqa: PTH122
                yield from _rows(path)
            else:
                yield Input(path, partial(decode, path))
        except DataError as error:
            yield Input(path, partial(_fail, error))


def load_image(path: str, preprocessing: Preprocessing) -> Pixels:
    """Return one image, - for stdin, as uint8 (H, W, C) of the network; raise DataError.

    Where a network takes images of any size, its input's size stands for all: crop.
    """
    picture = decode(read_stdin() if path == "-" else path)
    if preprocessing.resize == "none":
        preprocessing = replace(preprocessing, resize="crop")
    return preprocessing.prepare(picture.pixels)


def read_paths(file: str, *, null: bool = False) -> Iterator[str]:
    """Yield the paths listed in a file, - for stdin, as they arrive; raise DataError.

    One a line, or ended by a null byte. What is not UTF-8 survives as surrogates (PEP 383).
    """
    end = b"\0" if null else b"\n"
    rest = b""
    try:
        # Unbuffered: a thread may be waiting in here while the program ends.
        with io.FileIO(0 if file == "-" else file, closefd=file != "-") as raw:
            while chunk := raw.read(CHUNK):
                *lines, rest = (rest + chunk).split(end)
                yield from (os.fsdecode(line) for line in lines if line)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise DataError(f"{file}: cannot be read ({reason}); check the path", path=file) from error
    if rest:
        yield os.fsdecode(rest)


def _folder(path: str) -> Iterator[Input]:
    from cnncli.data.walk import inside, walk

    files = walk(path).files
    if not files:
        raise DataError(f"{path}: no images in this folder; check the path", path=path)
    for file in files:
        name = inside(path, file)
        yield Input(name, partial(decode, name))


def _rows(path: str) -> Iterator[Input]:
    from cnncli.data.arrays import load_images

    for i, pixels in enumerate(load_images(path)):
        yield Input(f"{path}[{i}]", partial(Picture, pixels, False))


def _fail(error: DataError) -> Picture:
    raise error
