"""The compiled kernels, in the best instruction set of this CPU.

Their sources are the Cython files in the top-level `kernels/`; setup.py compiles each once per
instruction set. CNNCLI_ISA=avx512|avx2|base chooses one by hand.
"""

import os
from importlib import import_module
from types import ModuleType

from cnncli.errors import UsageError
from cnncli.kernels.cpu import supported  # type: ignore[import-not-found,unused-ignore]

CHOICES = ("avx512", "avx2", "base")


def _choose() -> str:
    available = [isa for isa in CHOICES if supported(isa)]
    wanted = os.environ.get("CNNCLI_ISA") or available[0]
    if wanted not in available:
        raise UsageError(
            f"CNNCLI_ISA: {wanted!r} is not something this CPU and build can run; "
            f"use {' or '.join(available)}, or unset it"
        )
    return wanted


ISA = _choose()


def __getattr__(name: str) -> ModuleType:
    """Return a kernel module (`from cnncli.kernels import conv`) compiled for ISA."""
    if name.startswith("_"):
        raise AttributeError(name)
    return import_module(f"cnncli.kernels.{ISA}.{name}")
