"""Models of our own, and other .npz files: archives of named arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncli.exchange.completion import replace_names
from cnncli.exchange.export import Export, Written
from cnncli.model_file import load_model, save_model
from cnncli.model_file.reader import is_foreign_archive

if TYPE_CHECKING:
    from cnncli.exchange.given import Given, Imported
    from cnncli.model_file import Model

SETTINGS = ()  # of an export


def read_model(path: str, given: Given) -> Imported:
    """Return the network of a model file, or one with weights from an archive of arrays."""
    if path != "-" and is_foreign_archive(path):
        from cnncli.exchange import tensors

        return tensors.read_model(path, given)
    return replace_names(load_model(path), given)


def write_model(path: str, model: Model, export: Export, *, force: bool = False) -> Written:
    """Write a model file."""
    return Written(save_model(path, model, force=force))
