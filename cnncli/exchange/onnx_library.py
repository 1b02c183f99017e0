"""The onnx library, which an extra installs; importing this raises UsageError where it is not."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cnncli.errors import UsageError

try:
    onnx: Any = import_module("onnx")
except ImportError as error:
    raise UsageError(
        'ONNX files need a library that is not installed: pip install "cnncli[onnx]"'
    ) from error
