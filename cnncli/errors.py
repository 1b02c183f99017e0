"""What a user can have done wrong: one class per exit code of the command line."""

from __future__ import annotations


class CnncliError(Exception):
    """A mistake a user can make; its message says where, what was found and what to do."""

    exit_code = 1
    code = "failed"

    def __init__(self, message: str, *, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path  # the file at fault, where there is one


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
