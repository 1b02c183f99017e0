"""All faults that are planted, by name: those of each room of the program, from `rooms/`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from mutation.fault import Fault

ROOMS: dict[str, dict[str, Fault]] = {
    path.stem: import_module(f"mutation.rooms.{path.stem}").FAULTS
    for path in sorted((Path(__file__).parent / "rooms").glob("*.py"))
}
FAULTS: dict[str, Fault] = {name: fault for room in ROOMS.values() for name, fault in room.items()}
