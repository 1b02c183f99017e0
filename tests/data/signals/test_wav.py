from __future__ import annotations

import contextlib
import io
import struct
import wave

import numpy as np
import pytest

from cnncli.data.signals.wav import measure_wav, read_wav
from cnncli.data.unreadable import RefusedError

VALUES = np.array([[0, 0.5], [-1, 0.25], [0.75, -0.5]])


def read(data: bytes) -> tuple[np.ndarray, int]:
    return read_wav(io.BytesIO(data), len(data))


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_pcm_of_every_width_is_read_as_numbers_from_minus_one(wav_bytes, bits, extensible) -> None:
    values, rate = read(wav_bytes(VALUES, bits, 11025, extensible=extensible))
    assert values.dtype == np.float32
    assert values.tolist() == VALUES.tolist()
    assert rate == 11025


@pytest.mark.parametrize("bits", [32, 64])
def test_floats_are_read_as_they_are(wav_bytes, bits) -> None:
    assert read(wav_bytes(VALUES, bits, code=3))[0].tolist() == VALUES.tolist()


def test_what_pythons_own_module_writes_is_read(tmp_path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 22050, 3, "NONE", ""))
        file.writeframes(struct.pack("<3h", 0, 16384, -32768))
    values, rate = read(path.read_bytes())
    assert (values[:, 0].tolist(), rate) == ([0, 0.5, -1], 22050)


def test_the_header_alone_tells_length_channels_and_rate(wav_bytes) -> None:
    data = wav_bytes(VALUES, 24, 44100)
    assert measure_wav(io.BytesIO(data), len(data))[:3] == (3, 2, 44100)


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_length_that_was_not_known_means_up_to_the_end(wav_bytes, length) -> None:
    data = wav_bytes(VALUES)
    start = data.index(b"data") + 4
    values, _ = read(data[:start] + struct.pack("<I", length) + data[start + 4 :])
    assert values.tolist() == VALUES.tolist()


def test_what_is_no_wav_file_is_refused(wav_bytes) -> None:
    data = wav_bytes(VALUES)
    for wrong, reason in [
        (b"", "not a WAV file"),
        (b"RIFX" + data[4:], "not a WAV file"),
        (data[:-1], "truncated"),
        (data[:30], "truncated"),
        (wav_bytes(VALUES[:0]), "no samples"),
        (data.replace(b"fmt ", b"fmt?"), "does not say how its samples are stored"),
        (wav_bytes(VALUES, code=7), "mu-law; save it as PCM"),
        (wav_bytes(VALUES, code=77), "format 77"),
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
