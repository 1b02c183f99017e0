"""Arrays for kernels, between fences: what is read or written outside shows."""

from importlib import import_module
from types import ModuleType

import numpy as np
import pytest

from cnncli.kernels import CHOICES, find_built, supported

WIDTH = 32  # floats on either side
POST = np.float32(-0.0)  # which becomes 0 if 0 is added to it
BUILT = find_built()
ISAS = [isa for isa in BUILT if supported(isa)]
ISA_PARAMETERS = [
    pytest.param(
        isa, id=isa, marks=pytest.mark.skipif(isa not in BUILT, reason=f"{isa} was not built here")
    )
    for isa in CHOICES
    if supported(isa)
]


def kernel_modules(module: str) -> dict[str, ModuleType]:
    """Return this kernel module for each instruction set that was built and that this CPU runs."""
    return {isa: import_module(f"cnncli.kernels.{isa}.{module}") for isa in ISAS}


def every_isa(module: str) -> pytest.MarkDecorator:
    """Run a test with `kernels` = this kernel module, for each instruction set of this CPU."""
    modules = kernel_modules(module)
    parameters = [
        pytest.param(modules.get(parameter.id), id=parameter.id, marks=parameter.marks)
        for parameter in ISA_PARAMETERS
    ]
    return pytest.mark.parametrize("kernels", parameters)


def given_array(values: np.ndarray) -> np.ndarray:
    """Return a flat float32 copy with NaN on both sides."""
    fenced = np.full(values.size + 2 * WIDTH, np.nan, np.float32)
    fenced[WIDTH:-WIDTH] = values.reshape(-1)
    return fenced[WIDTH:-WIDTH]


def apart(values: np.ndarray, step: int) -> np.ndarray:
    """Return a flat copy of rows (…, C) that begin `step` floats apart, with NaN between them."""
    channels = values.shape[-1]
    wide = np.full((values.size // channels, step), np.nan, np.float32)
    wide[:, :channels] = values.reshape(-1, channels)
    return wide.reshape(-1)[: wide.size - step + channels].copy()


def blank(size: int) -> np.ndarray:
    """Return NaN to be overwritten, with posts on both sides."""
    fenced = np.full(size + 2 * WIDTH, POST, np.float32)
    fenced[WIDTH:-WIDTH] = np.nan
    return fenced[WIDTH:-WIDTH]


def stands(output: np.ndarray) -> bool:
    """Say whether the posts around a blank array are still there."""
    fence = np.full(WIDTH, POST).tobytes()
    return output.base[:WIDTH].tobytes() == fence == output.base[-WIDTH:].tobytes()


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Compare numbers by their bits: NaN equals itself, 0 differs from -0."""
    return a.tobytes() == b.tobytes()
