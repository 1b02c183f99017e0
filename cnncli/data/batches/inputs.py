"""What there is to predict: images, folders, arrays and stdin, in their order."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NoReturn

from cnncli.data.images.file import read_stdin
from cnncli.data.preprocessing import AnyPreprocessing
from cnncli.errors import DataError
from cnncli.text import TextError, strip_mark
from cnncli.value import Value

CHUNK = 1 << 16  # bytes of a list of paths read at a time


class Input(Value):
    """An image or a signal that has not been read, by the name it is reported under."""

    name: str
    load: Callable[[], Any]  # decoded: a Picture or a Signal; raises DataError


def expand(paths: Iterable[str], preprocessing: AnyPreprocessing) -> Iterator[Input]:
    """Yield the samples that paths lead to, in order; nothing is opened before it is its turn.

    Folders are walked in the byte order of their files; arrays in them, where there is nothing
    else, are a sample each. Arrays of many are taken apart, and - is an image or signal on stdin.
    A path that leads nowhere is an input that fails to load.
    """
    decode = preprocessing.decode
    for path in paths:
        if path == "-":
            yield Input(path, lambda: decode(_read_bytes(preprocessing)))
            continue
        try:
            if os.path.isdir(path):  # noqa: PTH112 - pathlib takes its time to import
                yield from _expand_folder(path, preprocessing)
            elif os.path.splitext(path)[1].lower() in preprocessing.array_extensions:  # noqa: PTH122
                yield from _expand_array(path, preprocessing)
            else:
                yield from _expand_file(path, preprocessing)
        except DataError as error:
            yield Input(path, partial(_fail, error))


def read_paths(file: str, *, null: bool = False) -> Iterator[str]:
    """Yield the paths listed in a file, - for stdin, as they arrive; raise DataError.

    Each is a line, or ends with a null byte. What is not UTF-8 survives as surrogates (PEP 383).
    """
    end, before = (b"\0", b"") if null else (b"\n", b"\r")
    rest, started = b"", null
    try:
        # Unbuffered: a thread may be waiting in here while the program ends.
        with io.FileIO(0 if file == "-" else file, closefd=file != "-") as raw:
            while chunk := raw.read(CHUNK):
                if not started:
                    chunk, started = strip_mark(chunk), True
                *lines, rest = (rest + chunk).split(end)
                for line in lines:
                    yield from _read_path(line, before)
    except TextError as error:
        raise DataError(f"{file}: {error}", path=file) from error
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise DataError(f"{file}: cannot be read ({reason}); check the path", path=file) from error
    yield from _read_path(rest, before)


def _read_path(line: bytes, before: bytes) -> Iterator[str]:
    """Yield the path in a line, unless there is none; `before` is part of the line's end."""
    path = line.removesuffix(before)
    if path:
        yield os.fsdecode(path)


def _read_bytes(preprocessing: AnyPreprocessing) -> bytes:
    return read_stdin(preprocessing.error)


def _expand_folder(path: str, preprocessing: AnyPreprocessing) -> Iterator[Input]:
    from cnncli.data.endings import ARRAYS
    from cnncli.data.other_files import explain_others
    from cnncli.data.walk import join_path, walk

    tree = walk(path, preprocessing.extensions)
    files = tree.files or walk(path, ARRAYS).files
    if not files:
        instead = explain_others(tree.ignored, [preprocessing.noun]) or "; check the path"
        fault = f"no {preprocessing.noun}s in this folder{instead}"
        raise DataError(fault, path=path, place=path)
    for file in files:
        yield from _expand_file(join_path(path, file), preprocessing)


def _expand_file(path: str, preprocessing: AnyPreprocessing) -> Iterator[Input]:
    try:
        names = preprocessing.list_samples(path)
    except DataError as error:
        yield Input(path, partial(_fail, error))
        return
    for name in names:
        yield Input(name, partial(preprocessing.decode, name))


def _expand_array(path: str, preprocessing: Any) -> Iterator[Input]:
    for name, values in preprocessing.load_rows(path):
        yield Input(name, partial(preprocessing.wrap_row, values))


def _fail(error: DataError) -> NoReturn:
    raise error
