from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.settings import DataSettings
from cnncli.data.signals.choice import SignalStatistics, choose_signal_shape
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.errors import DataError
from cnncli.samples import Samples
from cnncli.terminal import name_options


@pytest.fixture
def listed(tmp_path: Path, wav_bytes):
    """Return a function that writes WAV files of (length, channels, rate) and lists them."""

    def make(*sizes: tuple[int, int, int]) -> Samples:
        names = []
        for number, (length, channels, rate) in enumerate(sizes):
            path = tmp_path / f"{number}.wav"
            path.write_bytes(wav_bytes(np.zeros((length, channels)), rate=rate))
            names.append(str(path))
        return Samples("here", tuple(names), tuple(names), ("a",) * len(names))

    return make


def chosen(samples: Samples, length: int | None = None):
    shape, notices = choose_signal_shape(samples, DataSettings(length=length), 2)
    return shape, tuple(map(name_options, notices))


def test_signals_of_one_size_keep_it_and_nothing_is_said(listed) -> None:
    found = chosen(listed(*[(30, 2, 16000)] * 3))
    assert found == (SignalPreprocessing(30, 2, 16000), ())


def test_the_length_is_what_most_fit_into(listed) -> None:
    shape, notices = chosen(listed(*[(length, 1, 8000) for length in range(1, 41)]))
    assert shape.length == 38
    assert notices == (
        "here: signals of 1 to 40 samples, brought to 38 (the middle of longer ones, zeros around "
        "shorter ones); --length chooses otherwise",
    )


def test_a_given_length_is_taken(listed) -> None:
    assert chosen(listed((5, 1, 8000), (9, 1, 8000)), 7) == (SignalPreprocessing(7, 1, 8000), ())


def test_rate_and_channels_are_the_most_common_ones(listed) -> None:
    shape, notices = chosen(listed((80, 2, 8000), (80, 2, 8000), (160, 1, 16000)))
    assert shape == SignalPreprocessing(80, 2, 8000)
    assert notices == (
        "here: 1 of 3 signals resampled to 8000 samples per second, which most have",
    )


def test_of_equally_common_rates_the_higher_one_is_taken(listed) -> None:
    assert chosen(listed((80, 1, 8000), (80, 1, 16000)))[0].rate == 16000


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("")
    names = (str(tmp_path / "a.wav"), str(tmp_path / "b.wav"))
    with pytest.raises(DataError, match="2 of 2 signals cannot be read"):
        chosen(Samples("here", names, names, ("a", "b")))


def statistics(*blocks: np.ndarray) -> SignalStatistics:
    found = SignalStatistics.empty(blocks[0].shape[-1])
    for block in blocks:
        found.add(block.astype(np.float32))
    return found


def test_statistics_do_not_depend_on_the_blocks_but_for_rounding() -> None:
    values = np.random.default_rng(0).standard_normal((9, 7, 2)) * [1, 50] + [1e4, -3]
    whole, parts = statistics(values), statistics(values[:0], values[:2], values[2:8], values[8:])
    flat = values.astype(np.float32).astype(np.float64).reshape(-1, 2)
    for found in (whole, parts):
        assert np.allclose(found.mean, flat.mean(0), rtol=1e-12)
        assert np.allclose(found.squares / found.count, flat.var(0), rtol=1e-9)
        assert (found.low == flat.min(0)).all() and (found.high == flat.max(0)).all()


@pytest.mark.parametrize(
    ("normalization", "expected"),
    [
        ("none", [[-4, 7], [-2, 7], [2, 7], [4, 7]]),
        ("unit", [[-1, 0], [-0.5, 0], [0.5, 0], [1, 0]]),
        ("minmax", [[0, 0], [0.25, 0], [0.75, 0], [1, 0]]),
        ("standard", [[-4 / 10**0.5, 0], [-2 / 10**0.5, 0], [2 / 10**0.5, 0], [4 / 10**0.5, 0]]),
    ],
)
def test_each_normalization_brings_each_channel_to_its_range(normalization, expected) -> None:
    values = np.array([[[-4, 7], [-2, 7], [2, 7], [4, 7]]])
    pairs = statistics(values).choose_scales_and_shifts(normalization)
    scale, shift = zip(*pairs, strict=True)
    assert np.allclose(values[0] * scale + shift, expected)
