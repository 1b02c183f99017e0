"""WAV files: PCM of up to 32 bits, or floats of 32 or 64, as numbers from -1 to 1.

RIFF is a list of chunks: four letters, a length, that many bytes and another to make them even.
`fmt ` says how `data` is to be read. RIFX is the same with the highest byte of a number first, RF64
has lengths of 64 bits in a chunk of their own, for files above 4 GB.
https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html, EBU Tech 3306 (RF64)
The `wave` module of Python 3.11 refuses the extensible form, in which most 24-bit files come.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncli.allowance import find_excess
from cnncli.data.unreadable import RefusedError

USUAL = 512 << 20  # bytes, where users do not allow more: 64 million values
VALUE_BYTES = 8  # of a value while it is read: in the file, and as float32
MAX_RATE = 1_000_000  # samples per second
MAX_CHUNKS = 1000
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
ORDERS = {b"RIFF": "<", b"RF64": "<", b"BW64": "<", b"RIFX": ">"}
NAMES = {
    0x02: "ADPCM", 0x06: "A-law", 0x07: "mu-law", 0x11: "ADPCM", 0x31: "GSM", 0x50: "MPEG",
    0x55: "MP3", 0xF1AC: "FLAC",
}  # fmt: skip
# What programs write for a length that they do not know yet, when they send a WAV down a pipe: 0
# (libsndfile), 0x7FFFF000 and more (SoX), 0xFFFFFFFF (FFmpeg).
NOT_KNOWN = 0x7FFFF000


class Wav(NamedTuple):
    """What the header says; the file stands at the first sample."""

    length: int
    channels: int
    rate: int  # samples per second
    code: int  # PCM or FLOAT
    bits: int  # of a sample
    width: int  # bytes it takes up
    order: str  # of these bytes, as NumPy writes it
    cut: bool  # whether the header does not say where the samples end


def read_wav(file: BinaryIO, size: int) -> tuple[NDArray[np.float32], Wav]:
    """Return the samples (L, C) and the header of a file of `size` bytes; raise RefusedError."""
    wav = measure_wav(file, size)
    data = file.read(wav.length * wav.channels * wav.width)
    return _to_numbers(data, wav).reshape(wav.length, wav.channels), wav


def measure_wav(file: BinaryIO, size: int) -> Wav:
    """Return the header of a file of `size` bytes; raise RefusedError."""
    head = file.read(12)
    if head[:4] not in ORDERS or head[8:] != b"WAVE":
        raise RefusedError("not a WAV file, or its header is damaged")
    order = ORDERS[head[:4]]
    whole = struct.unpack(order + "I", head[4:8])[0] == size - 8
    form, long_length = None, None
    for _ in range(MAX_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        name, length = struct.unpack(order + "4sI", chunk)
        start = file.tell()
        if name == b"data":
            if length == 0xFFFFFFFF and long_length is not None:
                length = long_length
            elif length >= NOT_KNOWN or not (length or whole):
                length = -1
            return _check_format(form, order, length, size - start)
        if name == b"fmt ":
            form = file.read(min(length, 40))
        elif name == b"ds64":
            (long_length,) = struct.unpack("<8xQ", file.read(16).ljust(16, b"\0"))
        file.seek(start + length + length % 2)
    raise RefusedError("truncated: it has no samples")


def _check_format(form: bytes | None, order: str, length: int, left: int) -> Wav:
    """Return the header of `length` bytes of samples, -1 where nobody knows; `left` are there."""
    if form is None or len(form) < 16:
        raise RefusedError("damaged: it does not say how its samples are stored")
    code, channels, rate, _, frame, bits = struct.unpack_from(order + "HHIIHH", form)
    if code == EXTENSIBLE and len(form) >= 26:
        (code,) = struct.unpack_from(order + "H", form, 24)
    if not channels or not frame or frame % channels or not 1 <= rate <= MAX_RATE:
        raise RefusedError(f"damaged: {channels} channels of {bits} bits, {rate} times per second")
    width = frame // channels
    _check_bits(code, bits, width)
    if length > left:
        raise RefusedError("truncated")
    frames = (left if length < 0 else length) // frame
    check_memory(frames, channels)
    if not frames:
        raise RefusedError("no samples")
    return Wav(frames, channels, rate, code, bits, width, order, cut=length < 0)


def check_memory(length: int, channels: int) -> None:
    """Refuse a sound that takes more memory to be read than is allowed."""
    if excess := find_excess(length * channels * VALUE_BYTES, USUAL):
        fault, remedy = excess
        raise RefusedError(f"a sound of {length}x{channels} values {fault}", remedy)


def _check_bits(code: int, bits: int, width: int) -> None:
    """Refuse samples that are not stored in a way that is understood."""
    if code == PCM and 1 <= bits <= 8 * width <= 32:
        return
    if code == FLOAT and bits == 8 * width and bits in (32, 64):
        return
    kind = {PCM: f"{bits}-bit PCM in {width} bytes", FLOAT: f"{bits}-bit floats"}.get(code)
    kind = kind or NAMES.get(code, f"format {code}")
    raise RefusedError(f"{kind} is not supported", "save it as PCM of 8, 16, 24 or 32 bits")


def _to_numbers(data: bytes, wav: Wav) -> NDArray[np.float32]:
    """Return samples as numbers; integers of a single byte have 128 for zero."""
    if wav.code == FLOAT:
        return np.frombuffer(data, f"{wav.order}f{wav.width}").astype(np.float32)
    if wav.width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) * np.float32(1 / 128)
    if wav.width == 3:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        place = slice(1, 4) if wav.order == "<" else slice(0, 3)
        wide[:, place] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        data = wide.tobytes()
    width = 2 if wav.width == 2 else 4
    integers = np.frombuffer(data, f"{wav.order}i{width}")
    values = integers.astype(np.float32)
    values *= 2.0 ** (1 - _find_height(integers, wav))  # a power of two: not rounded again
    return values


def _find_height(integers: NDArray[np.signedinteger], wav: Wav) -> int:
    """Return the bits of which the highest is the sign: all, or 24 bits at the lower end of 32.

    The standard puts 24 bits in 4 bytes at the upper end, with zeros below them. ALSA's arecord
    (S24_LE) puts them at the lower end.
    """
    if wav.bits != 24 or wav.width != 4 or not (integers & 0xFF).any():
        return 32 if wav.width > 2 else 16
    if integers.max() < 1 << 23 and integers.min() >= -(1 << 23):
        return 24
    raise RefusedError(
        "24 bits in 4 bytes, neither at their upper nor at their lower end",
        "save it as PCM of 8, 16, 24 or 32 bits",
    )
