"""All faults that are planted, by name."""

from __future__ import annotations

from mutation.fault import Fault
from mutation.python_faults import PYTHON_FAULTS

FAULTS: dict[str, Fault] = {**PYTHON_FAULTS}
