"""Open a signal file: which format it is, and what is wrong with it in words.

| format               | by           | values                                               |
| -------------------- | ------------ | ---------------------------------------------------- |
| WAV                  | .wav, RIFF   | samples as -1 to 1                                   |
| FLAC, Ogg, MP3       | their names  | samples as -1 to 1, by an extra                      |
| table of numbers     | .csv, .tsv   | as they are; a row per moment, a column per channel  |
| NumPy's array        | .npy         | as they are; (L,) or (L, C), integers or floats      |
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncli.allowance import find_excess, word_bytes
from cnncli.data.arrays import AnyArray, UnusableError, are_finite, open_regular, read_array
from cnncli.data.delimited import DELIMITERS
from cnncli.data.endings import COMPRESSED, WAV, get_suffix
from cnncli.data.other_files import describe_other
from cnncli.data.signals.table import read_table
from cnncli.data.signals.wav import ORDERS, USUAL, check_memory, measure_wav, read_wav
from cnncli.data.unreadable import RefusedError, SignalError

TEXT_BYTES, LINE_BYTES = 4, 150  # that reading a table takes, of a byte in it and of a line
CUT = "a header that does not say how long they are, so all that follows it is read"

# Of files whose name nobody knows. An MP3 begins with its tags, or with a frame.
COMPRESSED_MARKS = (
    (b"fLaC", ".flac"), (b"OggS", ".ogg"), (b"ID3", ".mp3"), (b"\xff\xfb", ".mp3"),
    (b"\xff\xf3", ".mp3"),
)  # fmt: skip

Values = NDArray[np.float32]  # (L, C)


class Signal(NamedTuple):
    """A decoded signal."""

    values: Values
    rate: int | None = None  # samples per second; None where the format does not say
    remark: str = ""  # what there is to say about how it was read

    @property
    def frames_left_out(self) -> bool:
        """Whether part of the file is not used."""
        return False

    @property
    def notice(self) -> str:
        """What there is to say where it is answered."""
        return f"read with {self.remark}" if self.remark else ""


class SignalHeader(NamedTuple):
    """What the shape of an input is chosen by."""

    length: int
    channels: int
    rate: int | None
    remark: str = ""  # see Signal


def decode(source: str | bytes) -> Signal:
    """Return the samples of a file, given by its path or its bytes; raise SignalError."""
    name = source if isinstance(source, str) else "-"
    try:
        with _open(source) as file:
            return _decode_file(file, _find_ending(source))
    except Exception as error:  # a parser fed with rubbish raises what it likes
        raise _word_error(name, error) from error


def measure(source: str) -> SignalHeader:
    """Return length, channels and rate of a file; raise SignalError."""
    ending = get_suffix(source)
    if ending not in WAV | COMPRESSED:
        signal = decode(source)
        return SignalHeader(len(signal.values), signal.values.shape[1], signal.rate, signal.remark)
    try:
        with _open(source) as file:
            if ending in COMPRESSED:
                from cnncli.data.signals.sound import measure_sound

                return SignalHeader(*measure_sound(file))
            wav = measure_wav(file, _measure_size(file))
            return SignalHeader(wav.length, wav.channels, wav.rate, CUT if wav.cut else "")
    except Exception as error:  # a parser fed with rubbish raises what it likes
        raise _word_error(source, error) from error


def to_signal(array: AnyArray) -> Values:
    """Return numbers (L,) or (L, C) as a signal; raise RefusedError for anything else."""
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
        shape = "x".join(map(str, array.shape))
        raise RefusedError(f"{shape or 'one'} {array.dtype}, not (L,) or (L, C) numbers")
    if not array.size:
        raise RefusedError("no samples")
    values = array.reshape(len(array), -1)
    check_memory(*values.shape)
    if not are_finite(values):
        raise RefusedError("NaN or infinite values")
    return values.astype(np.float32, copy=False)


def _decode_file(file: BinaryIO, ending: str) -> Signal:
    if ending in WAV:
        values, wav = read_wav(file, _measure_size(file))
        return Signal(to_signal(values), wav.rate, CUT if wav.cut else "")
    if ending in COMPRESSED:
        from cnncli.data.signals.sound import read_sound

        values, rate = read_sound(file)
        return Signal(to_signal(values), rate)
    if ending == ".npy":
        return Signal(to_signal(read_array(file, _measure_size(file), "it")))
    size = _measure_size(file)
    _check_table(size, 0)
    text = file.read()
    _check_table(size, text.count(b"\n"))
    table = read_table(text, DELIMITERS.get(ending))
    return Signal(to_signal(table.values), remark=table.remark)


def _check_table(size: int, lines: int) -> None:
    """Refuse a table that takes more memory to be read than is allowed."""
    if excess := find_excess(TEXT_BYTES * size + LINE_BYTES * lines, USUAL):
        fault, remedy = excess
        raise RefusedError(f"a table of {word_bytes(size)} {fault}", remedy)


def _open(source: str | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else open_regular(source)


def _measure_size(file: BinaryIO) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def _find_ending(source: str | bytes) -> str:
    """Return the ending of a name; bytes tell by their first ones what they are."""
    if isinstance(source, str):
        return get_suffix(source)
    if source[:4] in ORDERS:
        return ".wav"
    if source[:6] == b"\x93NUMPY":
        return ".npy"
    return next((ending for mark, ending in COMPRESSED_MARKS if source.startswith(mark)), "")


def _word_error(name: str, error: Exception) -> SignalError:
    match error:
        case FileNotFoundError():
            reason = "a link to nothing" if os.path.lexists(name) else "no such file"
            return SignalError(name, reason, "check the path")
        case RefusedError():
            return SignalError(name, describe_other(get_suffix(name)) or str(error), error.remedy)
        case UnusableError():
            return SignalError(name, str(error))
        case MemoryError():
            return SignalError(name, "too large for the memory")
        case OSError() if error.strerror:
            return SignalError(name, error.strerror.lower())
    text = " ".join(str(error).split())[:100] or type(error).__name__
    return SignalError(name, f"damaged: {text}")
