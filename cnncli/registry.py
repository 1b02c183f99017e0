"""Registries: the classes that users know by a name (layers, losses, optimizers, …).

A class enters its registry where it is defined, by subclassing:

>>> LOSSES: Registry[type[Loss]] = Registry("loss")
>>> class Loss(Named):
...     registry = LOSSES
>>> class Huber(Loss, name="huber"):
...     delta: float = setting(POSITIVE, 1.0)
>>> LOSSES.read("huber(0.5)")
Huber(delta=0.5)
>>> str(Huber(1.0))
'huber'
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from importlib import import_module
from typing import Any, ClassVar, TypeVar

from cnncli.errors import UsageError, did_you_mean, setting
from cnncli.settings import (
    Misfit,
    match_arguments,
    read_setting,
    settings_of,
    split_call,
    write_call,
)
from cnncli.value import Value

Entry = TypeVar("Entry")
V = TypeVar("V", bound=Value)


class Registry(Mapping[str, Entry]):
    """All entries of one kind by their names, in the order in which they were added."""

    def __init__(self, setting: str) -> None:
        self.setting = setting  # which takes such a name; errors begin with it
        self._entries: dict[str, Entry] = {}

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, name: str, entry: Entry) -> None:
        """Add an entry under a name that no other has."""
        assert name not in self._entries, f"there are two of the name {name}"
        self._entries[name] = entry

    def find(self, name: str) -> Entry:
        """Return the entry of this name; raise UsageError, which lists the names, for another."""
        if name not in self._entries:
            hint = did_you_mean(name, self._entries) or f"; give {', '.join(self._entries)}"
            raise UsageError(f"{setting(self.setting)} {name}: not known{hint}")
        return self._entries[name]

    def read(self: Registry[type[V]], text: str) -> V:
        """Return an instance from its name and the settings behind it, as in huber(0.5).

        Raises UsageError for a name that is not known and for settings that do not fit.
        """
        name, arguments = split_call(text)
        entry = self.find(name)
        settings = settings_of(entry)
        required = {key: declared.default is MISSING for key, declared in settings.items()}
        try:
            values = {
                key: read_setting(name, settings[key], arguments[position][1])
                for key, position in match_arguments(name, arguments, required).items()
            }
        except Misfit as error:
            raise UsageError(f"{setting(self.setting)} {error}") from None
        return entry(**values)


def import_modules(package: str, folder: str) -> None:
    """Import all modules of a package, so that what they define enters its registry."""
    for name in sorted(entry.name for entry in os.scandir(folder)):
        if name.endswith(".py") and name != "__init__.py":
            import_module(f"{package}.{name[:-3]}")


class Named(Value):
    """A class with a name in a registry; its instances are written as they are read: huber(0.5)."""

    registry: ClassVar[Registry[Any]]
    name: ClassVar[str]

    def __init_subclass__(cls, name: str | None = None) -> None:
        """Add the class to its registry; a class without a name is a base for others."""
        super().__init_subclass__()
        if name is not None:
            cls.name = name
            cls.registry.add(name, cls)

    def __str__(self) -> str:
        return write_call(self.name, self)
