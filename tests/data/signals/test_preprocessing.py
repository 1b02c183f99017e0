from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.preprocessing import read_preprocessing
from cnncli.data.signals.file import Signal
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.data.unreadable import SignalError
from cnncli.errors import ModelFileError

ONE = SignalPreprocessing(5, 1, 8000, "standard", (2.0,), (-1.0,))


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 2, 3, 4, 5), [1, 2, 3, 4, 5]),
        ((1, 2, 3, 4, 5, 6, 7), [2, 3, 4, 5, 6]),
        ((1, 2, 3, 4, 5, 6), [1, 2, 3, 4, 5]),
        ((1, 2, 3), [0, 1, 2, 3, 0]),
        ((1, 2), [0, 1, 2, 0, 0]),
    ],
)
def test_the_middle_is_taken_and_zeros_are_put_around(values, expected) -> None:
    found = ONE.prepare(Signal(column(*values), 8000), "a")
    assert found.dtype == np.float32
    assert found[:, 0].tolist() == expected


def test_tracks_are_averaged_for_one_channel_and_one_is_repeated_for_several() -> None:
    stereo = np.hstack([column(1, 2, 3, 4, 5), column(3, 4, 5, 6, 7)])
    assert ONE.prepare(Signal(stereo, 8000), "a")[:, 0].tolist() == [2, 3, 4, 5, 6]
    two = replace(ONE, channels=2)
    assert two.prepare(Signal(column(1, 2, 3, 4, 5), 8000), "a").tolist() == [
        [one, one] for one in range(1, 6)
    ]


@pytest.mark.parametrize(("channels", "own", "rate"), [(1, 2, None), (2, 1, None), (2, 3, 8000)])
def test_other_channels_are_refused(channels: int, own: int, rate: int | None) -> None:
    with pytest.raises(SignalError, match=rf"b.csv: .*\(channels: {own}, and the network takes"):
        replace(ONE, channels=channels).prepare(Signal(np.zeros((5, own)), rate), "b.csv")


def test_other_rates_are_resampled_and_no_rate_is_left_alone() -> None:
    ramp = column(*range(10))
    assert ONE.prepare(Signal(ramp, None), "a")[:, 0].tolist() == [2, 3, 4, 5, 6]
    slow = ONE.prepare(Signal(np.full((10, 1), 0.5, np.float32), 16000), "a")
    assert np.count_nonzero(slow) == 5


def test_a_signal_that_would_grow_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(SignalError, match="it would have 16,000,000, and 9,999,999 are allowed"):
        ONE.prepare(Signal(np.zeros((2000, 1), np.float32), 1), "slow.wav")


def test_normalization_is_by_channel() -> None:
    own = SignalPreprocessing(2, 2, None, "minmax", (2.0, 3.0), (0.0, -1.0))
    signals = np.array([[[1, 1], [2, 2]], [[3, 3], [4, 4]]], np.float32)
    out = np.empty((1, 2, 2), np.float32)
    own.normalize(signals, np.array([1]), out)
    assert out.tolist() == [[[6, 8], [8, 11]]]


@pytest.mark.parametrize("rate", [None, 44100])
def test_a_model_file_keeps_all_of_it(rate: int | None) -> None:
    own = replace(ONE, rate=rate)
    kept = own.to_manifest()
    assert kept["kind"] == "signal"
    assert read_preprocessing(kept) == own


def test_a_model_file_without_a_kind_is_about_images() -> None:
    own = Preprocessing(4, 5, 1, "crop", "unit", (0.5,), (0.0,))
    assert "kind" not in own.to_manifest()
    assert read_preprocessing(own.to_manifest()) == own


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "smell"), ("kind", 3), ("length", 0), ("length", 10**7), ("length", 2.0),
        ("length", True), ("channels", 0), ("channels", "1"), ("rate", 0), ("rate", 10**9),
        ("rate", 8e3), ("normalization", "most"), ("normalization", "image"),
        ("normalization", []), ("scale", [1, 2]),
        ("scale", [None]), ("shift", [1e31]), ("shift", "0"), ("more", 1),
    ],
)  # fmt: skip
def test_nonsense_in_a_model_file_is_refused(name: str, value: object) -> None:
    with pytest.raises(ModelFileError, match="preprocessing in the model file"):
        read_preprocessing(ONE.to_manifest() | {name: value})
