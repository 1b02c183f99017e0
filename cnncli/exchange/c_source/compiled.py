"""The compiled C file as a rival, which proves that it answers as its network does."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnncli.errors import CnncliError
from cnncli.exchange.proof import Inputs, Rival

if TYPE_CHECKING:
    from cnncli.exchange.c_source.file import CFile
    from cnncli.layers.base import Array, Shape

FLAGS = ("-std=c99", "-O2")


@contextmanager
def compile_c(file: CFile, output_shape: Shape, path: str) -> Iterator[Rival | None]:
    """Yield the program that a C compiler makes of a file; None where there is no compiler.

    The compiler is that of the environment variable CC, or cc. Raises CnncliError, which names the
    path that was to be written, where it refuses the file.
    """
    compiler = shlex.split(os.environ.get("CC", "cc"))
    if not compiler or shutil.which(compiler[0]) is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        program = _compile(compiler, file, Path(folder), path)

        def answer(inputs: Inputs) -> Array:
            run = subprocess.run(
                [program], input=inputs.normalized.tobytes(), capture_output=True, check=False
            )
            answers = np.frombuffer(run.stdout, np.float32)
            size = len(inputs.normalized) * int(np.prod(output_shape))
            if run.returncode or answers.size != size:
                raise CnncliError(
                    f"{path}: compiled, it ended with code {run.returncode}, so nothing was "
                    "written; set the environment variable CC to another compiler",
                    path=path,
                )
            return answers.reshape(-1, *output_shape)

        yield Rival(f"the C file compiled by {_name_compiler(compiler)}", answer)


def _compile(compiler: list[str], file: CFile, folder: Path, path: str) -> Path:
    """Write the files of a program into a folder and compile it; return its path."""
    source, server, program = (folder / name for name in ("network.c", "server.c", "program"))
    with source.open("w", encoding="utf-8") as stream:
        stream.writelines(file.write())
    (folder / f"{file.stem}.h").write_text(file.write_header(), "utf-8")
    server.write_text(file.write_server(), "utf-8")
    command = [*compiler, *FLAGS, "-o", str(program), str(source), str(server), "-lm"]
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if run.returncode:
        reason = " ".join((run.stderr.strip().splitlines() or ["no reason given"])[0].split())
        raise CnncliError(
            f"{path}: the C compiler {compiler[0]} refuses it ({reason}), so nothing was written; "
            "set the environment variable CC to another",
            path=path,
        )
    return program


def _name_compiler(compiler: list[str]) -> str:
    """Return what a compiler says of its version: gcc version 12.2.0."""
    run = subprocess.run(
        [*compiler, "-v"], capture_output=True, text=True, errors="replace", check=False
    )
    lines = (line.strip() for line in run.stderr.splitlines())
    return next((line for line in lines if " version " in line), compiler[0])
