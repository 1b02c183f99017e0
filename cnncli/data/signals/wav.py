"""WAV files: PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64, as numbers from -1 to 1.

RIFF is a list of chunks: four letters, a length, that many bytes and another to make them even.
`fmt ` says how `data` is to be read. https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
The `wave` module of Python 3.11 refuses the extensible form, in which most 24-bit files come.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncli.data.unreadable import RefusedError

MAX_VALUES = 64_000_000  # of a signal, as its header says
MAX_RATE = 1_000_000  # samples per second
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
BITS = {PCM: (8, 16, 24, 32), FLOAT: (32, 64)}
NAMES = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "ADPCM", 85: "MP3"}
NOT_KNOWN = 0x7FFFF000  # bytes and more: what programs write that send a WAV down a pipe


class Wav(NamedTuple):
    """What the header says; the file stands at the first sample."""

    length: int
    channels: int
    rate: int  # samples per second
    code: int  # PCM or FLOAT
    bits: int  # of a sample


def read_wav(file: BinaryIO, size: int) -> tuple[NDArray[np.float32], int]:
    """Return the samples (L, C) and the rate of a file of `size` bytes; raise RefusedError."""
    wav = measure_wav(file, size)
    data = file.read(wav.length * wav.channels * wav.bits // 8)
    return _to_numbers(data, wav).reshape(wav.length, wav.channels), wav.rate


def measure_wav(file: BinaryIO, size: int) -> Wav:
    """Return the header of a file of `size` bytes; raise RefusedError."""
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise RefusedError("not a WAV file, or its header is damaged")
    form = None
    while len(chunk := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", chunk)
        if name == b"data":
            return _check_format(form, length, size - file.tell())
        start = file.tell()
        if name == b"fmt ":
            form = file.read(min(length, 40))
        file.seek(start + length + length % 2)
    raise RefusedError("truncated: it has no samples")


def _check_format(form: bytes | None, length: int, left: int) -> Wav:
    if form is None or len(form) < 16:
        raise RefusedError("damaged: it does not say how its samples are stored")
    code, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", form)
    if code == EXTENSIBLE and len(form) >= 26:
        (code,) = struct.unpack_from("<H", form, 24)
    if bits not in BITS.get(code, ()):
        kind = {PCM: f"{bits}-bit PCM", FLOAT: f"{bits}-bit floats"}.get(code)
        kind = kind or NAMES.get(code, f"format {code}")
        raise RefusedError(f"{kind}; save it as PCM of 8, 16, 24 or 32 bits")
    if not channels or frame != channels * bits // 8 or not 1 <= rate <= MAX_RATE:
        raise RefusedError(f"damaged: {channels} channels of {bits} bits, {rate} times per second")
    if length > left and length < NOT_KNOWN:
        raise RefusedError("truncated")
    frames = min(length, left) // frame
    if frames * channels > MAX_VALUES:
        raise RefusedError(f"more than {MAX_VALUES // 10**6} million values")
    if not frames:
        raise RefusedError("no samples")
    return Wav(frames, channels, rate, code, bits)


def _to_numbers(data: bytes, wav: Wav) -> NDArray[np.float32]:
    """Return little-endian samples as numbers; integers of 8 bits have 128 for zero."""
    if wav.code == FLOAT:
        return np.frombuffer(data, f"<f{wav.bits // 8}").astype(np.float32)
    if wav.bits == 8:
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) * np.float32(1 / 128)
    if wav.bits == 24:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        data = wide.tobytes()
    width = 2 if wav.bits == 16 else 4
    values = np.frombuffer(data, f"<i{width}").astype(np.float32)
    values *= 2.0 ** (1 - 8 * width)  # a power of two, so nothing is rounded a second time
    return values
