"""A learning-rate range test as a chart and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncli.render.chart import Chart, Line, Panel, Style
from cnncli.training.range_test import Trial

RANGE = 10.0  # of smooth losses, from the smallest to the largest: more is drawn in decades
EVERY = 5  # steps of a line
SINGLE, SMOOTH, SUGGESTED = Style(0, dashed=True), Style(3), Style(2)


def make_range_chart(trials: Sequence[Trial], suggestion: float) -> Chart:
    """Return loss over learning rate; a vertical line is at the suggested rate."""
    smooth = [trial.smooth for trial in trials]
    highest = max(smooth)
    single = tuple((trial.learning_rate, min(trial.loss, highest)) for trial in trials)
    lines = (
        Line(single, SINGLE),
        Line(tuple((trial.learning_rate, trial.smooth) for trial in trials), SMOOTH),
        Line(((suggestion, min(smooth)), (suggestion, highest)), SUGGESTED),
    )
    values = [y for line in lines for _, y in line.points if y is not None]
    wide = min(values) > 0 and highest > RANGE * min(values)
    legend = (
        ("loss of a batch", SINGLE),
        ("smooth", SMOOTH),
        (f"suggested: {suggestion:.2g}", SUGGESTED),
    )
    return Chart(
        "Learning-rate range test",
        legend,
        (Panel("loss", lines, 1.2, logarithmic=wide),),
        "learning rate",
        logarithmic=True,
    )


def write_range_table(trials: Sequence[Trial]) -> Iterator[str]:
    """Yield a line for every fifth step and the last: step, learning rate, losses."""
    yield "step  learning rate    loss  smooth"
    for number, trial in enumerate(trials, 1):
        if number % EVERY == 0 or number == len(trials):
            yield (
                f"{number:4}  {trial.learning_rate:13.2e}  {trial.loss:6.4g}  {trial.smooth:6.4g}"
            )
