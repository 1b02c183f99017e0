"""Libraries that read what few people have, installed by those who do: `cnncli[tiff]` and so on."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cnncli.data.unreadable import RefusedError


def import_extra(module: str, extra: str) -> Any:
    """Return a library that an extra installs; raise RefusedError where it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise RefusedError(
            f'only {library} reads it: pip install "cnncli[{extra}]"', "install that or convert it"
        ) from error
