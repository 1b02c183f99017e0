"""Files with changed bytes: whatever they are now, they are read or refused, in a short time.

They are read in a process of its own, whose largest memory is known at the end: a few hundred by
default, 10,000 with -m slow.
"""

import io
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.images import file as images
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.signals import file as signals
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.errors import CnncliError

SECONDS = 2.0  # that a file may take
MEGABYTES = 300  # of the whole process
KINDS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "PNG 16", "WEBP animated", "WAV")


def make(kind: str) -> bytes:
    """Return a small file of a kind, with nothing wrong with it."""
    if kind == "WAV":
        values = struct.pack("<40h", *range(-2000, 2000, 100))
        form = struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16)
        chunks = b"fmt \x10\0\0\0" + form + b"data" + struct.pack("<I", len(values)) + values
        return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks
    pixels = np.random.default_rng(1).integers(0, 256, (12, 10, 3), np.uint8)
    name, _, extra = kind.partition(" ")
    image, options = Image.fromarray(pixels), {}
    if extra == "16":
        image = Image.fromarray(np.arange(120, dtype=np.uint16).reshape(12, 10) * 500)
    if extra == "animated":
        options = {"save_all": True, "append_images": [image.rotate(180)]}
    data = io.BytesIO()
    image.save(data, name, **options)
    return data.getvalue()


def mutate(data: bytes, random: np.random.Generator) -> bytes:
    """Return a file with one to four bytes changed, or cut short."""
    changed = bytearray(data)
    for place in random.integers(0, len(data), random.integers(1, 5)):
        changed[place] = random.integers(256)
    return bytes(changed[: random.integers(len(data))] if random.random() < 0.1 else changed)


def read_mutated(count: int) -> tuple[int, float]:
    """Read so many changed files; return how many were read and the longest time that one took."""
    random = np.random.default_rng(7)
    good = {kind: make(kind) for kind in KINDS}
    preparations = {True: SignalPreprocessing(8, 2, 8000), False: Preprocessing(8, 8, 3)}
    read, longest = 0, 0.0
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        data = mutate(good[kind], random)
        start = time.perf_counter()
        try:
            decoded = (signals if kind == "WAV" else images).decode(data)
            preparations[kind == "WAV"].prepare(decoded, kind)
            read += 1
        except CnncliError as error:
            assert "\n" not in str(error), kind
        longest = max(longest, time.perf_counter() - start)
    return read, longest


def measure_peak() -> float:
    """Return the most memory this program has taken, in MB, without that of who started it."""
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def check(count: int) -> float:
    """Return the seconds that the slowest file took."""
    done = subprocess.run(
        [sys.executable, __file__, str(count)], capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, done.stderr
    read, longest, megabytes = map(float, done.stdout.split())
    assert 0 < read < count
    assert megabytes < MEGABYTES
    return longest


def test_files_with_changed_bytes_are_read_or_refused() -> None:
    check(400)


@pytest.mark.slow
def test_ten_thousand_files_with_changed_bytes_are_read_or_refused() -> None:
    assert check(10_000) < SECONDS


if __name__ == "__main__":
    results = read_mutated(int(sys.argv[1]))
    print(*results, measure_peak())
