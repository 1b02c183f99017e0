"""Scale and shift of each channel: y = value * scale + shift, in float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import ModelFileError

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing

    Kind = TypeVar("Kind", bound=AnyPreprocessing)


class ChannelStatistics(Protocol):
    """What the normalization of each channel is chosen by."""

    def choose_scales_and_shifts(self, normalization: str) -> list[tuple[float, float]]:
        """Return the scale and shift of each channel that bring it to a range."""


def with_normalization(
    preprocessing: Kind, normalization: str, statistics: ChannelStatistics
) -> Kind:
    """Return the preprocessing with the scale and shift that these statistics ask for."""
    scale, shift = zip(*statistics.choose_scales_and_shifts(normalization), strict=True)
    return replace(
        preprocessing,
        normalization=normalization,
        scale=round_to_float32(scale),
        shift=round_to_float32(shift),
    )


def round_to_float32(values: Sequence[float]) -> tuple[float, ...]:
    """Round numbers to the precision samples are normalized in, so that a file keeps every bit."""
    return tuple(float(np.float32(value)) for value in values)


@lru_cache(maxsize=16)
def float32_array(values: tuple[float, ...]) -> NDArray[np.float32]:
    """Return a scale or shift (C,) as an array, the same for every batch."""
    return np.array(values, np.float32)


def are_numbers(values: object, count: int) -> bool:
    """Say whether this is a list of so many numbers of a size a float32 can hold."""
    return (
        isinstance(values, list)
        and len(values) == count
        and all(type(value) in (int, float) and abs(value) < 1e30 for value in values)
    )


def manifest_error(name: str, value: object) -> ModelFileError:
    """Return the error for a setting of a preprocessing that no model file can hold."""
    return ModelFileError(
        f"preprocessing in the model file: {name} cannot be {str(value)[:60]!r}; "
        "the file is damaged or not made by this program"
    )
