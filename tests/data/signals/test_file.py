from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from cnncli.allowance import Allowance, word_bytes
from cnncli.data.images.modes import RefusedError
from cnncli.data.signals.file import SignalHeader, decode, measure, to_signal
from cnncli.data.unreadable import SignalError

VALUES = np.array([[0, 0.5], [-1, 0.25], [0.75, -0.5]])


@pytest.fixture
def files(tmp_path: Path, wav_bytes) -> dict[str, str]:
    """The same signal in every format."""
    (tmp_path / "a.wav").write_bytes(wav_bytes(VALUES))
    np.savetxt(tmp_path / "a.csv", VALUES, delimiter=",", header="x,y", comments="")
    np.savetxt(tmp_path / "a.TSV", VALUES, delimiter="\t")
    np.save(tmp_path / "a.npy", VALUES)
    return {path.suffix.lower()[1:]: str(path) for path in tmp_path.iterdir()}


@pytest.mark.parametrize("kind", ["wav", "csv", "tsv", "npy"])
def test_every_format_is_known_by_its_ending(files, kind) -> None:
    signal = decode(files[kind])
    assert signal.values.dtype == np.float32
    assert signal.values.tolist() == VALUES.tolist()
    assert signal.rate == (8000 if kind == "wav" else None)
    assert measure(files[kind]) == SignalHeader(3, 2, signal.rate)


@pytest.mark.parametrize("kind", ["wav", "csv", "tsv", "npy"])
def test_bytes_tell_by_their_beginning_what_they_are(files, kind) -> None:
    assert decode(Path(files[kind]).read_bytes()).values.tolist() == VALUES.tolist()


def test_numbers_without_channels_are_one_channel() -> None:
    assert to_signal(np.array([1, 2, 3], np.int16)).tolist() == [[1], [2], [3]]


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((2, 3, 4)), r"2x3x4 float64, not \(L,\) or \(L, C\) numbers"),
        (np.zeros((0, 3)), "no samples"),
        (np.array(["a"]), "1 <U1, not"),
        (np.float64(3), "one float64"),
        (np.array([1, np.nan]), "NaN or infinite"),
        (np.array([1, -np.inf]), "NaN or infinite"),
        (np.array([1e31]), "NaN or infinite"),
    ],
)
def test_what_is_no_signal_is_refused(array, reason) -> None:
    with pytest.raises(RefusedError, match=reason):
        to_signal(array)


def test_errors_name_the_file_and_the_reason(tmp_path: Path, files) -> None:
    def fails(name: str, data: bytes, reason: str) -> None:
        path = str(tmp_path / name)
        Path(path).write_bytes(data)
        for read in (decode, measure):
            with pytest.raises(SignalError) as caught:
                read(path)
            assert str(caught.value).startswith(f"{path}: not a readable signal ({reason}")

    fails("words.wav", b"hello", "not a WAV file, or its header is damaged)")
    fails("cut.wav", Path(files["wav"]).read_bytes()[:-2], "truncated); replace it or remove it")
    fails("words.csv", b"a\nb\n", "line 2: 'b' is not a number)")
    fails("cut.npy", Path(files["npy"]).read_bytes()[:-2], "it: truncated, or its header is wrong)")
    fails("words.npy", b"hello", "damaged: ")


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "nothing.wav").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.wav")
    for name, reason in [
        ("absent.wav", "no such file); check the path"),
        ("nothing.wav", "a link to nothing"),
        ("pipe.wav", "not a regular file"),
        (".", "not a regular file"),
    ]:
        with pytest.raises(SignalError) as caught:
            decode(str(tmp_path / name))
        assert reason in str(caught.value)


@pytest.mark.parametrize("size", [129 << 20, 1 << 30, 1 << 40])
def test_a_table_that_takes_too_much_memory_is_not_read(tmp_path: Path, size: int) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(size)
    with pytest.raises(SignalError, match=f"a table of {word_bytes(size)} takes .* max_memory is"):
        decode(str(path))


def test_short_lines_of_a_table_take_memory_too(monkeypatch) -> None:
    text = b"1\n" * 1000
    monkeypatch.setattr(Allowance, "bytes", 150_000)
    with pytest.raises(SignalError, match="a table of 0 MB takes"):
        decode(text)
    monkeypatch.setattr(Allowance, "bytes", 158_000)
    assert len(decode(text).values) == 1000
