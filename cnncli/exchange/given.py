"""What a user says of a network whose file does not say it all, and what comes of reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncli.errors import UsageError, setting
from cnncli.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnncli.exchange.proof import Rival
    from cnncli.layers.base import Shape
    from cnncli.model_file import Model


class Given(Value):
    """What is said beside a file; None leaves it to the file, or to what is usual."""

    arch: str | None = None  # an architecture text
    input_shape: Shape | None = None  # (H, W, C) or (L, C)
    classes: tuple[str, ...] | None = None  # their names, in the order of the outputs
    preprocessing: str | None = None  # imagenet, unit, none or the name of a file
    usual_classes: int | None = None  # what `classes` in `arch` stands for where nothing says more
    usual_input: Shape | None = None
    output: str | None = None  # the value of an ONNX file that is the answer
    external_data: bool = False  # an ONNX file's weights may be in files beside it

    def refuse_onnx_settings(self, path: str) -> None:
        """Raise UsageError for what is said of ONNX files alone."""
        for name, value in (("output", self.output), ("external_data", self.external_data)):
            if value:
                raise UsageError(f"{path}: {setting(name)} is for .onnx files; leave it out")


class Imported(Value):
    """A network as it was read, and what there is to say about the reading."""

    model: Model
    notes: tuple[str, ...] = ()
    open_rival: Callable[[], Rival | None] | None = None  # another program with the same network
    needs: str = ""  # what has to be installed for that
