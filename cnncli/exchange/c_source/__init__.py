"""From a model to a C99 file and its header, which need no library but libm.

file.py makes the files, of which network.py writes what the network does: filters.py, pools.py,
activations.py, arrangements.py and resampling.py have a function per kind of layer, which add
constants and calls to a file in the making (source.py). What is called is C in templates/library
(library.py).
answers.py has what becomes of the outputs, compiled.py the compiled file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cnncli.exchange.c_source.compiled import compile_c
from cnncli.exchange.c_source.file import build_c as build_c
from cnncli.exchange.export import Export, Written, prove_export
from cnncli.model_file.atomic import check_writable, write_atomically
from cnncli.registry import import_modules

if TYPE_CHECKING:
    from cnncli.exchange.c_source.file import CFile
    from cnncli.exchange.proof import Proof
    from cnncli.model_file import Model

import_modules(__name__, __path__[0])  # the functions of all layers

SETTINGS = ("check", "data", "tolerance")


def write_model(path: str, model: Model, export: Export, *, force: bool = False) -> Written:
    """Write NAME.c, and NAME.h beside it, if the compiled file has answered the same.

    Raises what `build_c`, `compile_c` and `prove_export` raise; then nothing is written.
    """
    header = str(Path(path).with_suffix(".h"))
    check_writable(header, force=force)
    file = build_c(model, Path(path).stem)
    proof, notes = _prove(file, model, export, path)
    digest = hashlib.sha256()

    def write(stream: BinaryIO) -> None:
        for text in file.write("" if proof is None else f"Proved: {proof.describe()}."):
            piece = text.encode()
            digest.update(piece)
            stream.write(piece)

    write_atomically(path, write, force=force)
    write_atomically(header, file.write_header().encode(), force=force)
    return Written(digest.hexdigest(), proof, (*notes, f"the header is {header}"))


def _prove(
    file: CFile, model: Model, export: Export, path: str
) -> tuple[Proof | None, tuple[str, ...]]:
    """Return the proof that was asked for, and what there is to say where there is none."""
    if export.check == 0:
        return None, ()
    with compile_c(file, model.graph.output_shape, path) as rival:
        return prove_export(model, rival, export, path, "a C compiler, cc")
