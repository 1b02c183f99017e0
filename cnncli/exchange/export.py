"""How a network is to be written and proved, and what came of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from cnncli.errors import UsageError, setting
from cnncli.exchange.proof import (
    USUAL_INPUTS,
    USUAL_TOLERANCE,
    Proof,
    Rival,
    gather_inputs,
    prove,
    read_samples,
)
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.model_file import Model


class Export(Value):
    """What is asked of a file; None is what is usual in its format."""

    opset: int | None = None  # of ONNX's operators
    fold: bool | None = None  # whether batch normalization goes into the weights before it
    embed: bool | None = None  # whether preprocessing is a part of the network
    check: int | None = None  # drawn inputs that both programs answer; 0: none
    data: str | None = None  # files or a folder, of which so many samples are answered, too
    tolerance: float | None = None  # of the largest difference, relative to the logits' range

    @property
    def proof_settings(self) -> tuple[str, ...]:
        """The fields that say how a network is proved."""
        return ("check", "data", "tolerance")

    def refuse_unused(self, path: str, settings: Collection[str]) -> None:
        """Raise UsageError for what is asked, but not among the settings of a format."""
        for name, value in vars(self).items():
            if value is not None and name not in settings:
                raise UsageError(f"{path}: {setting(name)} is not for such files; leave it out")


class Written(Value):
    """A file that was written, and what there is to say about it."""

    digest: str  # its SHA-256 in hex
    proof: Proof | None = None
    notes: tuple[str, ...] = ()


def prove_export(
    model: Model, rival: Rival | None, export: Export, path: str, missing: str
) -> tuple[Proof | None, tuple[str, ...]]:
    """Return the proof that was asked for, and what there is to say where there is none.

    `missing` says what to install where there is no rival. Raises GateError for answers above the
    tolerance, DataError for samples that cannot be read.
    """
    count = USUAL_INPUTS if export.check is None else export.check
    tolerance = USUAL_TOLERANCE if export.tolerance is None else export.tolerance
    if not count:
        return None, ()
    if rival is None:
        return None, (f"not checked that it answers the same, which takes {missing}",)
    samples = read_samples(model, export.data, count) if export.data else []
    inputs = gather_inputs(model, count, samples)
    return prove(model, rival, inputs, path=path, tolerance=tolerance), ()
