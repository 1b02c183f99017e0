"""What `train` is told about its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncli.errors import UsageError

if TYPE_CHECKING:
    from cnncli.data.source import TrainingData
    from cnncli.layers.base import Shape


def image_size(shape: Shape) -> tuple[int, int] | None:
    """Return the height and width of a preset's input, where it takes images."""
    return (shape[0], shape[1]) if len(shape) == 3 else None


def signal_length(shape: Shape) -> int | None:
    """Return the length of a preset's input, where it takes signals."""
    return shape[0] if len(shape) == 2 else None


def check_options(
    data: str, images: TrainingData, size: object, color: str, resize: str, length: int | None
) -> None:
    """Raise UsageError for options that are about another kind of data."""
    signals = images.preprocessing.what == "signal"
    if signals and (size is not None or color != "auto" or resize != "stretch"):
        option = "--resize-mode" if color == "auto" else "--color"
        option = option if size is None else "--img-size"
        raise UsageError(f"{option} is about images; {data} holds signals, so give --length N")
    if not signals and length is not None:
        raise UsageError(f"--length is about signals; {data} holds images, so give --img-size")


def validation(val: str | None) -> str | float | None:
    """Return a fraction, or the path of a data set; raise UsageError for other fractions."""
    try:
        fraction = float(val or "")
    except ValueError:
        return val
    if not 0 < fraction < 1:
        raise UsageError(f"--val {val}: give a fraction between 0 and 1, or a data set")
    return fraction
