"""Docstrings that users read, such as the help of a command, even where Python drops them."""

from __future__ import annotations

import sys
from typing import Any


def read_docstring(owner: Any) -> str:
    """Return the docstring of a function or class; `python -OO` drops it, its source has it."""
    if sys.flags.optimize < 2:
        return owner.__doc__ or ""
    import ast
    import inspect

    try:
        tree = ast.parse(inspect.getsource(sys.modules[owner.__module__]))
    except OSError:  # installed without sources
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == owner.__name__:
            return ast.get_docstring(node) or ""
    return ""
