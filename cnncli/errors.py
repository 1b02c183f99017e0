"""What a user can have done wrong: a class per exit code of the command line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

LONGEST = 600  # characters of what an error repeats of its cause
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
    """Return "; did you mean …?" where something known is called so elsewhere, or spelled alike.

    Nothing is returned rather than something far-fetched.
    """
    from difflib import get_close_matches  # which takes its time

    from cnncli.synonyms import find_synonyms

    meant = find_synonyms(word)
    if not meant:
        bare = {name.lstrip("-"): name for name in known}  # dashes would make all options alike
        close = get_close_matches(word.lower().lstrip("-"), bare, n=1, cutoff=0.7)
        meant = [bare[name] for name in close]
    name = next((name for name in meant if name in known), None)
    return f"; did you mean {name}?" if name else ""


def _shorten(text: str) -> str:
    """Return a text without its middle where it is longer than any reader wants."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST * 3 // 4]} … {text[-LONGEST // 4 :]}"


class CnncliError(Exception):
    """A mistake a user can make; its message says where, what was found and what to do."""

    exit_code = 1
    code = "failed"

    def __init__(
        self,
        fault: str,
        *,
        path: str | None = None,
        place: str = "",
        details: Sequence[str] = (),
    ) -> None:
        """`place`, a name or a path, is what the message begins with, before the fault.

        `details` are all that is at fault, a line each, where that is too much for a message.
        """
        fault = MARK.join(map(_shorten, fault.split(MARK)))
        super().__init__(f"{place}: {fault}" if place else fault)
        self.path = path  # the file at fault, if any
        self.place, self.fault = place, fault
        self.details = tuple(details)

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
