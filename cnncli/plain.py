"""Values as JSON and Python hold them, from what NumPy holds."""

from __future__ import annotations

import math
from typing import Any


def to_plain(value: Any) -> Any:
    """Return dicts, lists, texts and numbers for a value; NaN and Infinity become None.

    A float32 keeps its own digits: 0.9, not 0.8999999762.
    """
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple) or getattr(value, "shape", None):
        return [to_plain(item) for item in value]
    if hasattr(value, "dtype"):
        value = float(str(value)) if value.dtype.kind == "f" else value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
