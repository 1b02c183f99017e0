"""What a user can have done wrong: a class per exit code of the command line."""

from __future__ import annotations

from collections.abc import Callable, Collection

MARK = "\0"  # around the name of a setting in a message; no path and no argument can hold it


def setting(name: str) -> str:
    """Return a setting's name as messages carry it: who shows them knows what users call it."""
    return f"{MARK}{name}{MARK}"


def name_settings(message: str, name: Callable[[str], str]) -> str:
    """Return a message with the settings in it as `name` calls them: --val for val."""
    parts = message.split(MARK)
    parts[1::2] = map(name, parts[1::2])
    return "".join(parts)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return "; did you mean …?" where something known is spelled much alike, else nothing."""
    from difflib import get_close_matches  # which takes its time

    close = get_close_matches(word.lower(), known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


class CnncliError(Exception):
    """A mistake a user can make; its message says where, what was found and what to do."""

    exit_code = 1
    code = "failed"

    def __init__(self, fault: str, *, path: str | None = None, place: str = "") -> None:
        """`place`, a name or a path, is what the message begins with, before the fault."""
        super().__init__(f"{place}: {fault}" if place else fault)
        self.path = path  # the file at fault, if any
        self.place, self.fault = place, fault

    def __str__(self) -> str:
        return name_settings(self.message, str)

    @property
    def message(self) -> str:
        """The message with the settings in it still marked."""
        return str(self.args[0])


class UsageError(CnncliError):
    """A command or an option that cannot be meant like this."""

    exit_code = 2
    code = "usage"


class ArchitectureError(CnncliError):
    """An architecture text that does not parse, or a network that does not fit its input."""

    exit_code = 2
    code = "architecture"


class DataError(CnncliError):
    """Images or labels that cannot be used."""

    exit_code = 3
    code = "data"


class SomeFailed(CnncliError):
    """The work is finished, but some items failed; each was reported in its place."""

    exit_code = 4
    code = "some_failed"


class ModelFileError(CnncliError):
    """A model file that is damaged, unsafe, of another version or no model at all."""

    exit_code = 5
    code = "model_file"


class GateError(CnncliError):
    """A figure that misses the bound the user set."""

    exit_code = 6
    code = "gate"


class DivergedError(CnncliError):
    """A training whose loss is no longer a finite number."""

    exit_code = 7
    code = "diverged"
