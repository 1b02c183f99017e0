"""What the program says of folders, lists, tables and arrays as people have them: layouts.txt.

An entry there is a name, the files, commands and what each of them says:

    # A folder per class
    set/{cat,dog}/{1..4}.png
    $ cnncli train set
    > set: 6 images to train on, 2 to validate, 2 classes: cat, dog
    > input: 8x8x1, gray

Braces stand for several files. A file holds a gray image, unless there is an expression behind it
(`one.npy = levels(8, 8, 3)`) or its lines below it. Training ends before the first epoch, and what
it says is shown up to the input, without the counts of classes; of answers the names are shown.
After a change, run this module as a program: it writes anew what is said, to be read in the
difference.
"""

from __future__ import annotations

import gzip
import itertools
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from cnncli.cli import group
from cnncli.errors import CnncliError
from cnncli.terminal import name_options

TABLE = Path(__file__).parent / "layouts.txt"
TRAINING = ["-o", "m.npz", "-f", "--epochs", "0", "-j", "1"]


class Ended(NamedTuple):
    """How a command ended: lines of stdout and of stderr."""

    code: int
    printed: list[str]
    said: list[str]


def split_entries(text: str) -> dict[str, list[str]]:
    """Return the lines of each entry by its name."""
    entries = re.split(r"^# ", text, flags=re.M)[1:]
    return {entry.splitlines()[0]: entry.rstrip().splitlines()[1:] for entry in entries}


LAYOUTS = split_entries(TABLE.read_text(encoding="utf-8"))


def make_files(lines: list[str]) -> None:
    while lines:
        head, *lines = lines
        body = list(itertools.takewhile(lambda line: line.startswith("    "), lines))
        lines = lines[len(body) :]
        pattern, _, expression = head.partition(" = ")
        for name in expand(pattern):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            if body:
                text = "".join(f"{line[4:]}\n" for line in body)
                Path(name).write_bytes(text.encode().decode("unicode_escape").encode("latin-1"))
            elif name.endswith("/"):
                Path(name).mkdir(exist_ok=True)
            else:
                write(name, expression or "levels(8, 8)")


def expand(pattern: str) -> list[str]:
    """Return the names that a pattern with braces stands for, as a shell would."""
    match = re.search(r"\{([^{}]+)\}", pattern)
    if match is None:
        return [pattern]
    first, dots, last = match[1].partition("..")
    words = map(str, range(int(first), int(last) + 1)) if dots else match[1].split(",")
    return [
        name
        for word in words
        for name in expand(pattern[: match.start()] + word + pattern[match.end() :])
    ]


def write(name: str, expression: str) -> None:
    """Write what an expression gives, by the ending of the name."""
    dice = np.random.default_rng(zlib.crc32(name.encode()))

    def levels(*shape: int) -> np.ndarray:
        return dice.integers(0, 256, shape, np.uint8)

    def waves(*shape: int) -> np.ndarray:
        return dice.standard_normal(shape).round(3)

    def mask(*shape: int) -> np.ndarray:
        return 255 * (np.indices(shape)[0] > 2).astype(np.uint8)

    known: dict[str, Any] = {"np": np, "levels": levels, "waves": waves, "mask": mask}
    value = eval(expression, known)
    if isinstance(value, bytes):
        Path(name).write_bytes(value)
    elif isinstance(value, dict):
        np.savez(name, **value)
    elif name.endswith(".npy"):
        np.save(name, value)
    elif "idx" in name:
        head = struct.pack(f">4B{value.ndim}I", 0, 0, 8, value.ndim, *value.shape)
        data = head + value.tobytes()
        Path(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    elif name.endswith((".csv", ".tsv", ".txt")):
        np.savetxt(name, value, "%g", "\t" if name.endswith(".tsv") else ",")
    else:
        Image.fromarray(value).save(name)


def run_here(arguments: list[str]) -> Ended:
    """Run a command in this process, which is quick."""
    out, err = TextIOWrapper(BytesIO(), encoding="utf-8"), StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            group.main(arguments, prog_name="cnncli", standalone_mode=False)
        except CnncliError as error:
            code = error.exit_code
            err.write(f"cnncli: {name_options(error.message)}\n")
    out.flush()
    printed = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
    return Ended(code, printed.splitlines(), err.getvalue().splitlines())


def run_installed(arguments: list[str]) -> Ended:
    done = subprocess.run(["cnncli", *arguments], capture_output=True, text=True)
    return Ended(done.returncode, done.stdout.splitlines(), done.stderr.splitlines())


def describe(command: str, run: Callable[[list[str]], Ended]) -> list[str]:
    """Return what a command says of its data, and its exit code where that is not 0."""
    _, *arguments = command.split()
    code, printed, said = run(arguments + TRAINING * (arguments[0] == "train"))
    if arguments[0] == "train":
        said = [line for line in said if not re.match("network: |settings: |\\w+ per ", line)]
        said = [line for line in said if ": few " not in line]
        said = [re.sub(r", [\d.]+ MB in memory$", "", line) for line in said]
    elif arguments[0] == "predict":
        said = [re.sub(r": [01]\.\d+ .*", "", line) for line in printed] + said
    return said + [f"exit {code}"] * bool(code)


def carry_out(
    lines: list[str], folder: Path, run: Callable[[list[str]], Ended] = run_here
) -> list[str]:
    """Make the files of an entry, run its commands, and return its lines with what they say."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        files = [line for line in lines if line[:2] not in ("$ ", "> ")]
        make_files(files)
        commands = [line for line in lines if line.startswith("$ ")]
        said = [[line, *(f"> {words}" for words in describe(line[2:], run))] for line in commands]
        return files + list(itertools.chain.from_iterable(said))
    finally:
        os.chdir(before)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_understood_and_said_or_refused(name: str, tmp_path: Path) -> None:
    assert carry_out(LAYOUTS[name], tmp_path) == LAYOUTS[name]


@pytest.mark.parametrize("name", list(LAYOUTS)[::20])
def test_the_installed_command_says_the_same(name: str, tmp_path: Path) -> None:
    assert carry_out(LAYOUTS[name], tmp_path, run_installed) == LAYOUTS[name]


def test_the_table_has_sixty_layouts() -> None:
    assert len(LAYOUTS) >= 60


def rewrite() -> None:
    """Write anew what is said of each layout."""
    parts = []
    for name, lines in LAYOUTS.items():
        with tempfile.TemporaryDirectory() as folder:
            parts.append("\n".join([f"# {name}", *carry_out(lines, Path(folder))]))
    TABLE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(rewrite())
