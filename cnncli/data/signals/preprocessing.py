"""The only way from a signal to a network: rate, channels, length and normalization.

A WAV file of another rate than the network's is resampled (resample.py). Where the network takes
one channel, those of a WAV file are averaged; where it takes several, a single channel is repeated.
Then the length: of longer signals the middle is taken, shorter ones get zeros on both sides.

Then y = value * scale + shift, with a scale and a shift per channel.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.data.arrays import are_finite, load_x, to_floats, to_signals
from cnncli.data.endings import SIGNALS
from cnncli.data.normalization import (
    are_numbers,
    float32_array,
    manifest_error,
    round_to_float32,
)
from cnncli.data.signals.file import Signal, Values, decode
from cnncli.data.signals.resample import resample
from cnncli.data.signals.wav import MAX_RATE
from cnncli.data.unreadable import FileError, SignalError
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.signals.choice import SignalStatistics

MAX_LENGTH = 10**7 - 1
MAX_CHANNELS = 65535
SIGNAL_NORMALIZATIONS = ("unit", "standard", "minmax", "none")


class SignalPreprocessing(Value):
    """What is done to every signal before a network sees it."""

    noun: ClassVar[str] = "signal"
    dtype: ClassVar[type[np.generic]] = np.float32
    extensions: ClassVar[frozenset[str]] = SIGNALS
    array_extensions: ClassVar[tuple[str, ...]] = (".npz", ".h5", ".hdf5")  # of many
    error: ClassVar[type[FileError]] = SignalError

    length: int
    channels: int
    rate: int | None  # samples per second; None: nothing is resampled
    normalization: str = "none"
    scale: tuple[float, ...] = ()  # per channel, each exactly a float32
    shift: tuple[float, ...] = ()

    @property
    def input_shape(self) -> tuple[int, int]:
        """The (L, C) of the network's input."""
        return self.length, self.channels

    @property
    def description(self) -> str:
        """What there is to say beside the shape."""
        return f"{self.rate} samples per second" if self.rate else "signals"

    def decode(self, source: str | bytes) -> Signal:
        """Return a signal as it is in a file; raise SignalError."""
        return decode(source)

    def list_samples(self, path: str) -> list[str]:
        """Return the names of the signals in a file, which is one."""
        return [path]

    def load_rows(self, path: str) -> list[tuple[str, Values]]:
        """Return the signals in a file of many, float32 (L, C), each with its name.

        Raises DataError. That a signal holds NaN is found when it is prepared, as the others are
        still good.
        """
        signals = to_floats(load_x(path, "signals"), path)
        return [(f"{path}[{i}]", signal) for i, signal in enumerate(signals)]

    def wrap_row(self, values: Values) -> Signal:
        """Return a row of an array of signals, as if decoded."""
        return Signal(values)

    def wrap_array(self, array: NDArray[np.generic], name: str) -> Signal:
        """Return a signal (l,) or (l, C) of numbers, as if decoded; raise DataError for others."""
        return self.wrap_row(to_signals(array[None], name)[0])

    def at_one_size(self) -> SignalPreprocessing:
        """Return the same: every signal is brought to the length of the input."""
        return self

    def is_misfit(self, signal: Signal) -> bool:
        """Return False: what is learned of signals bounds no values."""
        return False

    def prepare(self, signal: Signal, name: str) -> Values:
        """Return a decoded signal in the shape of the input, float32 (L, C); raise SignalError."""
        values = signal.values
        if not are_finite(values):
            raise SignalError(name, "NaN or infinite values")
        channels = values.shape[1]
        if channels != self.channels:
            if signal.rate is None or 1 not in (channels, self.channels):
                raise SignalError(
                    name,
                    f"channels: {channels}, and the network takes {self.channels}",
                    "bring it to the same number",
                )
            values = values.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
        if self.rate is not None and signal.rate is not None:
            samples = len(values) * self.rate // signal.rate
            if samples > max(MAX_LENGTH, len(values)):
                raise SignalError(
                    name,
                    f"at {self.rate} samples per second it would have {samples:,}, "
                    f"and {MAX_LENGTH:,} are allowed",
                    "cut it, or correct its rate",
                )
            values = resample(values, signal.rate, self.rate)
        return self._fit(values)

    def normalize(
        self,
        values: NDArray[Any],
        indices: NDArray[np.int64],
        out: NDArray[np.float32],
        threads: int = 1,
    ) -> None:
        """Write values[indices] * scale + shift into out, float32 (n, L, C).

        `values` are signals, float32 (M, L, C), that `prepare` made. One thread is enough.
        """
        np.take(values, indices, axis=0, out=out, mode="clip")
        out *= float32_array(self.scale)
        out += float32_array(self.shift)

    def begin_statistics(self) -> SignalStatistics:
        """Return what the normalization is chosen by, of no signal yet."""
        from cnncli.data.signals.choice import SignalStatistics

        return SignalStatistics.empty(self.channels)

    def to_manifest(self) -> dict[str, Any]:
        """Return what a model file keeps, ready for JSON."""
        lists = {"scale": list(self.scale), "shift": list(self.shift)}
        return {"kind": "signal"} | asdict(self) | lists

    @classmethod
    def from_manifest(cls, value: dict[str, Any]) -> SignalPreprocessing:
        """Return what to_manifest described; raise ModelFileError for anything else."""
        if set(value) != {"kind", *(field.name for field in fields(cls))}:
            raise manifest_error("it", value)
        for name, highest in (("length", MAX_LENGTH), ("channels", MAX_CHANNELS)):
            if type(value[name]) is not int or not 1 <= value[name] <= highest:
                raise manifest_error(name, value[name])
        rate = value["rate"]
        if rate is not None and (type(rate) is not int or not 1 <= rate <= MAX_RATE):
            raise manifest_error("rate", rate)
        if value["normalization"] not in SIGNAL_NORMALIZATIONS:
            raise manifest_error("normalization", value["normalization"])
        for name in ("scale", "shift"):
            if not are_numbers(value[name], value["channels"]):
                raise manifest_error(name, value[name])
        numbers = {name: round_to_float32(value[name]) for name in ("scale", "shift")}
        return cls(**{name: value for name, value in (value | numbers).items() if name != "kind"})

    def _fit(self, values: Values) -> Values:
        start = (len(values) - self.length) // 2
        if start >= 0:
            middle = values[start : start + self.length]
            return np.ascontiguousarray(np.broadcast_to(middle, self.input_shape))
        whole = np.zeros(self.input_shape, np.float32)
        before = (self.length - len(values)) // 2
        whole[before : before + len(values)] = values
        return whole
