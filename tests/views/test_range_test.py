from cnncli.training.range_test import Trial
from cnncli.views.range_test import make_range_chart, write_range_table

TRIALS = [Trial(10.0 ** (step - 6), 2.0 + step, 2.0 + step / 2) for step in range(8)]


def test_a_chart_has_the_losses_and_the_suggested_rate():
    chart = make_range_chart(TRIALS, 0.01)
    (panel,) = chart.panels
    single, smooth, suggested = panel.lines
    assert chart.logarithmic and not panel.logarithmic
    assert smooth.points == tuple((trial.learning_rate, trial.smooth) for trial in TRIALS)
    assert max(y for _, y in single.points) == 5.5  # is not drawn beyond the smooth ones
    assert suggested.points == ((0.01, 2.0), (0.01, 5.5))
    assert chart.legend[-1][0] == "suggested: 0.01"


def test_losses_that_differ_much_are_drawn_in_decades():
    trials = [*TRIALS, Trial(100.0, 50.0, 40.0)]
    assert make_range_chart(trials, 0.01).panels[0].logarithmic


def test_the_table_has_every_fifth_step_and_the_last():
    header, *lines = write_range_table(TRIALS)
    assert header.split() == ["step", "learning", "rate", "loss", "smooth"]
    assert [line.split() for line in lines] == [
        ["5", "1.00e-02", "6", "4"], ["8", "1.00e+01", "9", "5.5"],
    ]  # fmt: skip
    assert {len(line) for line in lines} == {len(header)}
