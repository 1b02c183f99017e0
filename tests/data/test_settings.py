from __future__ import annotations

from cnncli.data.settings import DataSettings


def test_the_input_of_a_preset_stands_in_for_a_size_or_length_not_given() -> None:
    assert DataSettings(preset=(32, 24, 3)).image_size == (32, 24)
    assert DataSettings(preset=(32, 24, 3)).signal_length is None
    assert DataSettings(preset=(800, 1)).signal_length == 800
    assert DataSettings(preset=(800, 1)).image_size is None


def test_what_is_given_goes_before_a_preset() -> None:
    assert DataSettings(size=(8, 9), preset=(32, 24, 3)).image_size == (8, 9)
    assert DataSettings(length=50, preset=(800, 1)).signal_length == 50


def test_without_either_the_data_decide() -> None:
    assert DataSettings().image_size is None
    assert DataSettings().signal_length is None
