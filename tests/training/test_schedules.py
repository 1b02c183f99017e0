import pytest

from cnncli.training.schedules import SCHEDULES, Constant, Cosine, learning_rate


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("constant", [1, 1, 1, 1, 1]),
        ("step", [1, 1, 0.1, 0.01, 0.01]),
        ("cosine", [1, 0.8535534, 0.5, 0.1464466, 0]),
        ("linear", [1, 0.75, 0.5, 0.25, 0]),
        ("onecycle", [0.04, 0.9357, 0.8117, 0.2831, 4e-6]),
    ],
)
def test_schedules_have_their_known_shape(name, values):
    factors = [SCHEDULES.read(name).factor(share) for share in (0, 0.25, 0.5, 0.75, 1)]
    assert factors == pytest.approx(values, abs=5e-5)


def test_onecycle_peaks_after_three_tenths():
    rates = [SCHEDULES.read("onecycle").factor(i / 1000) for i in range(1001)]
    assert rates.index(max(rates)) == 300
    assert max(rates) == pytest.approx(1)


def test_the_rate_warms_up_in_a_line_and_then_follows_the_schedule():
    rates = [learning_rate(0.4, Cosine(), step, 12, 4.0) for step in range(12)]
    assert rates[:4] == pytest.approx([0.08, 0.16, 0.24, 0.32])
    assert rates[4] == pytest.approx(0.4)
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[-1] < 0.02


def test_without_warm_up_the_first_step_has_the_full_rate():
    assert learning_rate(0.1, Constant(), 0, 20, 0.0) == pytest.approx(0.1)
