"""Compressed sounds, FLAC, Ogg and MP3: soundfile reads them, the extra `sound`."""

from __future__ import annotations

from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cnncli.data.extras import import_extra
from cnncli.data.signals.wav import MAX_RATE, check_memory
from cnncli.data.unreadable import RefusedError


def read_sound(file: BinaryIO) -> tuple[NDArray[np.float32], int]:
    """Return the samples (L, C), -1 to 1, and the rate; raise RefusedError, or what is raised."""
    with _open(file) as sound:
        values: NDArray[np.float32] = sound.read(dtype="float32", always_2d=True)
        return values, int(sound.samplerate)


def measure_sound(file: BinaryIO) -> tuple[int, int, int]:
    """Return length, channels and rate; raise RefusedError, or what soundfile raises."""
    with _open(file) as sound:
        return int(sound.frames), int(sound.channels), int(sound.samplerate)


def _open(file: BinaryIO) -> Any:
    sound = import_extra("soundfile", "sound").SoundFile(file)
    check_memory(sound.frames, sound.channels)
    if not 1 <= sound.samplerate <= MAX_RATE:
        raise RefusedError(f"damaged: {sound.samplerate} samples per second")
    return sound
