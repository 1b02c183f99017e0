import math

import pytest

from cnncli.render.chart.axes import choose_axis


def labels(values, **settings):
    return [text for _, text in choose_axis(values, **settings).ticks]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.91, 0.979], ["0.90", "0.92", "0.94", "0.96", "0.98"]),
        ([0.3, 2.3], ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]),
        ([-3, 4], ["-4", "-2", "0", "2", "4"]),
        ([0.4999, 0.5001], ["0.49990", "0.49995", "0.50000", "0.50005", "0.50010"]),
        ([2e-5, 9e-5], ["0.2e-4", "0.4e-4", "0.6e-4", "0.8e-4", "1.0e-4"]),
        ([1e6, 3e6], ["1.0e6", "1.5e6", "2.0e6", "2.5e6", "3.0e6"]),
        ([], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ],
)
def test_ticks_are_round_numbers_with_the_digits_that_tell_them_apart(values, expected):
    assert labels(values) == expected


def test_an_axis_ends_with_ticks_around_all_values():
    axis = choose_axis([0.91, 0.979])
    assert (axis.low, axis.high) == pytest.approx((0.90, 0.98))
    assert axis.place(0.94) == pytest.approx(0.5)


def test_a_tight_axis_ends_with_the_values():
    axis = choose_axis([1, 20], tight=True, whole=True)
    assert (axis.place(1), axis.place(20)) == (0, 1)
    assert [text for _, text in axis.ticks] == ["5", "10", "15", "20"]


def test_a_few_epochs_are_counted_in_whole_numbers():
    assert labels([1, 3], whole=True, tight=True, count=8) == ["1", "2", "3"]


@pytest.mark.parametrize("value", [0.0, 5.0, -2.0, 1e-9, 1e35])
def test_a_single_value_lies_within_its_axis(value):
    axis = choose_axis([value, value])
    assert 0 < axis.place(value) < 1 and axis.ticks


def test_a_single_epoch_lies_in_the_middle():
    axis = choose_axis([1], whole=True, tight=True)
    assert axis.place(1) == 0.5 and axis.ticks == ((1.0, "1"),)


def test_from_zero_shows_how_large_values_are():
    assert choose_axis([0.004, 0.005], from_zero=True).low == 0


def test_decades_lie_evenly_on_a_logarithmic_axis():
    axis = choose_axis([0.01, 100], logarithmic=True, tight=True)
    assert [axis.place(10.0**power) for power in range(-2, 3)] == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1]
    )
    assert [text for _, text in axis.ticks] == ["0.01", "0.1", "1", "10", "100"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.05, 2.3], ["0.05", "0.1", "0.2", "0.5", "1", "2"]),
        ([0.5, 0.7], ["0.5", "0.6", "0.7", "0.8"]),
        ([1e-6, 10], ["1e-6", "0.0001", "0.01", "1"]),
    ],
)
def test_logarithmic_ticks_are_round_too(values, expected):
    assert labels(values, logarithmic=True) == expected


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("power", range(-30, 31, 6))
def test_ticks_lie_on_the_axis_and_are_neither_too_few_nor_too_many(power, logarithmic):
    for span in (1.01, 1.5, 3.0, 20.0, 1e4):
        axis = choose_axis([10.0**power, 10.0**power * span], logarithmic=logarithmic)
        assert 2 <= len(axis.ticks) <= 9
        assert all(-1e-9 <= axis.place(tick) <= 1 + 1e-9 for tick, _ in axis.ticks)
        assert len({text for _, text in axis.ticks}) == len(axis.ticks)
        for tick, text in axis.ticks:
            assert math.isclose(float(text), tick, rel_tol=1e-6, abs_tol=1e-9 * axis.high)
