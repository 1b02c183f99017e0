"""The C compiler, for tests of files in C."""

import os
import shutil
import subprocess

import pytest

COMPILER = shutil.which(os.environ.get("CC", "cc"))
STRICT = ("-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1")
SANITIZED = ("-fsanitize=undefined,address", "-fno-sanitize-recover=all")
OTHERS = {  # ways to compile that are tested where they are there
    "gcc": ("gcc",),
    "clang": ("clang",),
    "32 bits": ("cc", "-m32"),
    "sanitized": ("cc", *SANITIZED),
    "quick": ("cc", "-O3", "-march=native"),
}

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler called cc")


def compile_strictly(folder, *files, command=("cc",), flags=()):
    """Compile files of a folder without a warning; return the program."""
    program = folder / "program"
    done = subprocess.run(
        [command[0], *STRICT, *command[1:], *flags, "-o", program, *files, "-lm"],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return program


def can_compile(folder, command):
    """Say whether a way to compile makes programs that run."""
    (folder / "empty.c").write_text("int main(void) { return 0; }\n")
    try:
        program = [command[0], *command[1:], "-o", folder / "empty", folder / "empty.c"]
        subprocess.run(program, check=True, capture_output=True)
        subprocess.run([folder / "empty"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
