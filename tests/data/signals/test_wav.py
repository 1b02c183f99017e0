from __future__ import annotations

import contextlib
import io
import struct
import wave

import numpy as np
import pytest

from cnncli.allowance import Allowance
from cnncli.data.signals.wav import Wav, measure_wav, read_wav
from cnncli.data.unreadable import RefusedError

VALUES = np.array([[0, 0.5], [-1, 0.25], [0.75, -0.5]])


def read(data: bytes) -> tuple[np.ndarray, Wav]:
    return read_wav(io.BytesIO(data), len(data))


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_pcm_of_every_width_is_read_as_numbers_from_minus_one(wav_bytes, bits, extensible) -> None:
    values, wav = read(wav_bytes(VALUES, bits, 11025, extensible=extensible))
    assert values.dtype == np.float32
    assert values.tolist() == VALUES.tolist()
    assert (wav.rate, wav.cut) == (11025, False)


@pytest.mark.parametrize("bits", [32, 64])
def test_floats_are_read_as_they_are(wav_bytes, bits) -> None:
    assert read(wav_bytes(VALUES, bits, code=3))[0].tolist() == VALUES.tolist()


def test_what_pythons_own_module_writes_is_read(tmp_path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 22050, 3, "NONE", ""))
        file.writeframes(struct.pack("<3h", 0, 16384, -32768))
    values, wav = read(path.read_bytes())
    assert (values[:, 0].tolist(), wav.rate) == ([0, 0.5, -1], 22050)


def test_the_header_alone_tells_length_channels_and_rate(wav_bytes) -> None:
    data = wav_bytes(VALUES, 24, 44100)
    assert measure_wav(io.BytesIO(data), len(data))[:3] == (3, 2, 44100)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFF000, 0x7FFFFFFF])
def test_a_length_that_was_not_known_means_up_to_the_end(wav_bytes, length) -> None:
    data = wav_bytes(VALUES)
    start = data.index(b"data") + 4
    data = data[:start] + struct.pack("<I", length) + data[start + 4 :]
    values, wav = read(data[:4] + struct.pack("<I", length) + data[8:])
    assert values.tolist() == VALUES.tolist()
    assert wav.cut


def test_half_a_sample_at_an_unknown_end_is_left_out(wav_bytes) -> None:
    data = wav_bytes(VALUES)
    start = data.index(b"data") + 4
    data = data[:start] + b"\xff" * 4 + data[start + 4 : -1]
    assert read(data)[0].tolist() == VALUES[:2].tolist()


def build(
    kind: bytes, order: str, form: tuple[int, ...], data: bytes, before: bytes = b""
) -> bytes:
    """Return a WAV file; `form` is code, channels, rate, bytes a second, bytes a frame, bits."""
    chunks = before + b"fmt " + struct.pack(order + "IHHIIHH", 16, *form)
    chunks += b"data" + struct.pack(order + "I", len(data)) + data
    return kind + struct.pack(order + "I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.mark.parametrize(
    ("bits", "data"),
    [
        (16, struct.pack(">3h", 0, 16384, -32768)),
        (24, b"\0\0\0\x40\0\0\x80\0\0"),
        (32, struct.pack(">3i", 0, 1 << 30, -1 << 31)),
        (8, bytes([128, 192, 0])),
    ],
)
def test_the_highest_byte_may_come_first(bits: int, data: bytes) -> None:
    file = build(b"RIFX", ">", (1, 1, 8000, 8000 * bits // 8, bits // 8, bits), data)
    assert read(file)[0][:, 0].tolist() == [0, 0.5, -1]


@pytest.mark.parametrize("bits", [32, 64])
def test_floats_with_the_highest_byte_first(bits: int) -> None:
    data = np.array([0, 0.5, -1], f">f{bits // 8}").tobytes()
    file = build(b"RIFX", ">", (3, 1, 8000, 8000 * bits // 8, bits // 8, bits), data)
    assert read(file)[0][:, 0].tolist() == [0, 0.5, -1]


@pytest.mark.parametrize("kind", [b"RF64", b"BW64"])
def test_lengths_of_64_bits_are_read(kind: bytes) -> None:
    data = struct.pack("<3h", 0, 16384, -32768)
    sizes = b"ds64" + struct.pack("<IQQQI", 28, 100, len(data), 3, 0)
    file = build(kind, "<", (1, 1, 8000, 16000, 2, 16), data, sizes)
    start = file.index(b"data") + 4
    file = file[:4] + b"\xff" * 4 + file[8:start] + b"\xff" * 4 + file[start + 4 :] + b"LIST"
    values, wav = read(file)
    assert (values[:, 0].tolist(), wav.cut) == ([0, 0.5, -1], False)


@pytest.mark.parametrize("shift", [0, 8], ids=["arecord's way", "the standard's way"])
def test_24_bits_in_4_bytes_stand_at_either_end(shift: int) -> None:
    integers = np.array([1, -(1 << 23), 1 << 22, -3]) << shift
    file = build(b"RIFF", "<", (1, 1, 8000, 32000, 4, 24), integers.astype("<i4").tobytes())
    assert read(file)[0][:, 0].tolist() == [2**-23, -1, 0.5, -3 * 2**-23]


def test_24_bits_that_fill_4_bytes_are_refused() -> None:
    data = struct.pack("<2i", 0x12345678, 1)
    with pytest.raises(RefusedError, match="24 bits in 4 bytes, neither at"):
        read(build(b"RIFF", "<", (1, 1, 8000, 32000, 4, 24), data))


def test_12_bits_stand_at_the_upper_end_of_2_bytes() -> None:
    data = struct.pack("<2h", 1 << 14, -1 << 15)
    assert read(build(b"RIFF", "<", (1, 1, 8000, 16000, 2, 12), data))[0][:, 0].tolist() == [
        0.5,
        -1,
    ]


@pytest.mark.parametrize(
    ("code", "name"), [(6, "A-law"), (7, "mu-law"), (2, "ADPCM"), (0x55, "MP3"), (99, "format 99")]
)
def test_what_is_not_supported_is_called_by_name(code: int, name: str) -> None:
    with pytest.raises(RefusedError, match=f"^{name} is not supported$"):
        read(build(b"RIFF", "<", (code, 1, 8000, 8000, 1, 8), bytes(8)))


def test_more_than_a_file_may_take_is_refused_before_it_is_read(monkeypatch, wav_bytes) -> None:
    monkeypatch.setattr(Allowance, "bytes", 6 * 8 - 1)
    with pytest.raises(RefusedError, match="a sound of 3x2 values takes 0 MB"):
        read(wav_bytes(VALUES))
    monkeypatch.setattr(Allowance, "bytes", 6 * 8)
    read(wav_bytes(VALUES))


def test_chunks_without_end_are_not_followed(wav_bytes) -> None:
    data = wav_bytes(VALUES)
    with pytest.raises(RefusedError, match="it has no samples"):
        read(data[:12] + b"junk\0\0\0\0" * 2000 + data[12:])


def test_what_is_no_wav_file_is_refused(wav_bytes) -> None:
    data = wav_bytes(VALUES)
    for wrong, reason in [
        (b"", "not a WAV file"),
        (b"RIFY" + data[4:], "not a WAV file"),
        (data[:-1], "truncated"),
        (data[:30], "truncated"),
        (wav_bytes(VALUES[:0]), "no samples"),
        (data.replace(b"fmt ", b"fmt?"), "does not say how its samples are stored"),
        (wav_bytes(VALUES, rate=0), "0 times per second"),
        (wav_bytes(VALUES, 64), "64-bit PCM"),
    ]:
        with pytest.raises(RefusedError, match=reason):
            read(wrong)


def test_no_header_makes_more_memory_be_taken_than_the_file_is_long(wav_bytes) -> None:
    data = wav_bytes(VALUES)
    start = data.index(b"data") + 4
    with pytest.raises(RefusedError, match="truncated"):
        read(data[:start] + struct.pack("<I", 0x7FFF0000) + data[start + 4 :])


def test_damaged_bytes_are_read_or_refused_but_nothing_else(wav_bytes) -> None:
    numbers = np.random.default_rng(0)
    data = wav_bytes(VALUES, 24, extensible=True)
    for _ in range(500):
        damaged = bytearray(data)
        for place in numbers.integers(0, 80, 3):
            damaged[place] = numbers.integers(256)
        with contextlib.suppress(RefusedError):
            read(bytes(damaged))
