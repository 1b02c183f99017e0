from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.signals.file import SignalHeader, decode, measure
from cnncli.data.unreadable import SignalError

TONE = np.stack([np.sin(np.arange(4000) / k) / 2 for k in (9, 20)], axis=1).astype(np.float32)


@pytest.mark.parametrize("ending", ["flac", "ogg", "mp3"])
def test_compressed_sounds_are_read(tmp_path: Path, ending: str) -> None:
    soundfile = pytest.importorskip("soundfile", reason="the extra `sound` is not installed")
    path = str(tmp_path / f"a.{ending}")
    soundfile.write(path, TONE, 16000)
    signal = decode(path)
    assert signal.rate == 16000
    assert abs(signal.values[500:3500] - TONE[500:3500]).max() < 0.1
    assert measure(path) == SignalHeader(*signal.values.shape, 16000)
    assert np.array_equal(decode(Path(path).read_bytes()).values, signal.values)


@pytest.mark.parametrize("ending", ["flac", "ogg", "mp3"])
def test_without_soundfile_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch, ending) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    path = tmp_path / f"a.{ending}"
    path.write_bytes(b"anything")
    for read in (decode, measure):
        with pytest.raises(SignalError) as caught:
            read(str(path))
        assert '(only soundfile reads it: pip install "cnncli[sound]")' in str(caught.value)


def test_what_is_no_sound_is_refused_in_a_line(tmp_path: Path) -> None:
    pytest.importorskip("soundfile", reason="the extra `sound` is not installed")
    path = tmp_path / "a.flac"
    path.write_bytes(b"fLaC but not really")
    with pytest.raises(SignalError) as caught:
        decode(str(path))
    assert "\n" not in str(caught.value)
