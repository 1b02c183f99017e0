"""All faults that are planted, by name."""

from __future__ import annotations

from mutation.fault import Fault
from mutation.kernel_faults import KERNEL_FAULTS
from mutation.python_faults import PYTHON_FAULTS

FAULTS: dict[str, Fault] = {**PYTHON_FAULTS, **KERNEL_FAULTS}
