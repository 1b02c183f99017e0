"""The preprocessing of a trained network, taken over for other samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.settings import DataSettings
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.data.source import load_training
from cnncli.errors import UsageError

LIKE = Preprocessing(
    9, 7, 3, "crop", "unit", (0.5, 0.25, 0.125), (1.0, 2.0, 3.0), share=0.875
)  # fmt: skip
SIGNAL = SignalPreprocessing(5, 2, None, "unit", (0.5, 0.5), (0.0, 1.0))


@pytest.fixture
def folder(class_folder) -> str:
    return str(class_folder({"cat": 9, "dog": 9}, name="images"))  # gray, 6x5


def test_all_of_it_is_taken_over_with_its_numbers(folder: str) -> None:
    data = load_training(folder, settings=DataSettings(like=LIKE))
    assert data.preprocessing == data.val.preprocessing == LIKE
    assert data.train.shape == (9, 7, 3)


def test_a_size_and_a_resize_mode_that_are_given_win(folder: str) -> None:
    settings = DataSettings(like=LIKE, size=(4, 4), resize="pad")
    made = load_training(folder, settings=settings).preprocessing
    assert (made.input_shape, made.resize, made.share) == ((4, 4, 3), "pad", None)
    assert (made.scale, made.shift) == (LIKE.scale, LIKE.shift)


@pytest.mark.parametrize(
    ("given", "normalization"), [({"color": "gray"}, "unit"), ({"normalization": "none"}, "none")]
)
def test_another_color_or_normalization_is_learned_from_the_new_data(
    folder: str, given: dict[str, str], normalization: str
) -> None:
    made = load_training(folder, settings=DataSettings(like=LIKE, **given)).preprocessing
    fresh = load_training(
        folder, settings=DataSettings(**{"normalization": normalization, **given})
    )
    channels = made.channels
    assert made.normalization == normalization
    assert made.scale == fresh.preprocessing.scale[:1] * channels
    assert made.shift == (0.0,) * channels


def test_the_size_of_a_preset_does_not_replace_that_of_the_network(folder: str) -> None:
    settings = DataSettings(like=LIKE, preset=(32, 32, 3))
    assert load_training(folder, settings=settings).preprocessing == LIKE


def test_signals_keep_length_and_numbers_unless_a_length_is_given(signal_folder: Path) -> None:
    path = str(signal_folder)
    assert load_training(path, settings=DataSettings(like=SIGNAL)).preprocessing == SIGNAL
    longer = load_training(path, settings=DataSettings(like=SIGNAL, length=8)).preprocessing
    assert longer.input_shape == (8, 2)
    assert longer.scale == SIGNAL.scale


def test_a_network_for_another_kind_of_sample_is_refused(folder: str, signal_folder: Path) -> None:
    with pytest.raises(UsageError, match=r"its network takes signals, and .* holds images; give"):
        load_training(folder, settings=DataSettings(like=SIGNAL))
    with pytest.raises(UsageError, match=r"its network takes images, and .* holds signals; give"):
        load_training(str(signal_folder), settings=DataSettings(like=LIKE))
