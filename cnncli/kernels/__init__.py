"""The compiled kernels, in the best instruction set that was built and that this CPU runs.

Their sources are the Cython files in the top-level `kernels/`; setup.py compiles each once per
instruction set. CNNCLI_ISA=avx512|avx2|base chooses one by hand.
"""

import os  # not pathlib, which takes its time to import
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from types import ModuleType

from cnncli.errors import UsageError
from cnncli.kernels.cpu import supported  # type: ignore[import-not-found,unused-ignore]

CHOICES = ("avx512", "avx2", "base")


def find_built() -> list[str]:
    """Return the instruction sets whose modules stand in this folder, best first."""
    folder, module = os.path.dirname(__file__), f"conv{EXTENSION_SUFFIXES[0]}"  # noqa: PTH120
    return [isa for isa in CHOICES if os.path.exists(f"{folder}/{isa}/{module}")]  # noqa: PTH110


def choose(wanted: str | None, built: list[str]) -> str:
    """Return the wanted instruction set, or the best one, of those built that this CPU runs.

    Raises UsageError if it is unknown, was not built, or cannot run here.
    """
    usable = [isa for isa in built if supported(isa)]
    if not built:
        raise UsageError("no kernels were built; install cnncli again")
    if not usable:
        raise UsageError(
            f"the kernels were built for {' and '.join(built)}, which this CPU cannot run; "
            "build them on this machine"
        )
    choices = f"use {' or '.join(usable)}, or unset it"
    if not wanted:
        return usable[0]
    if wanted not in CHOICES:
        raise UsageError(f"CNNCLI_ISA: {wanted!r} is not an instruction set; {choices}")
    if wanted not in built:
        raise UsageError(f"CNNCLI_ISA: {wanted!r} was not built here; {choices}")
    if wanted not in usable:
        raise UsageError(f"CNNCLI_ISA: this CPU cannot run {wanted!r}; {choices}")
    return wanted


ISA = choose(os.environ.get("CNNCLI_ISA"), find_built())


def __getattr__(name: str) -> ModuleType:
    """Return a kernel module (`from cnncli.kernels import conv`) compiled for ISA."""
    if name.startswith("_"):
        raise AttributeError(name)
    return import_module(f"cnncli.kernels.{ISA}.{name}")
