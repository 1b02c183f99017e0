from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest


def wav_bytes(
    values: np.ndarray, bits: int = 16, rate: int = 8000, *, code: int = 1, extensible: bool = False
) -> bytes:
    """Return numbers (L, C), -1 to 1, as a WAV file of PCM, or of floats for code 3."""
    channels = values.shape[1]
    if code == 3:
        data = values.astype(f"<f{bits // 8}").tobytes()
    elif bits == 8:
        data = np.rint(values * 128 + 128).clip(0, 255).astype(np.uint8).tobytes()
    else:
        whole = np.rint(values.astype(np.float64) * 2 ** (bits - 1))
        whole = whole.clip(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).astype("<i8")
        data = whole.view(np.uint8).reshape(-1, 8)[:, : bits // 8].tobytes()
    frame = channels * bits // 8
    form = struct.pack(
        "<HHIIHH", 0xFFFE if extensible else code, channels, rate, rate * frame, frame, bits
    )
    if extensible:
        form += struct.pack("<HHIH14s", 22, bits, 0, code, b"\0" * 14)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"LIST" + struct.pack("<I", 3) + b"odd\0" + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) + len(data)) + b"WAVE" + chunks + data


@pytest.fixture(name="wav_bytes")
def wav_bytes_fixture() -> Callable[..., bytes]:
    return wav_bytes
