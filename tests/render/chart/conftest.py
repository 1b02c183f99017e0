import pytest

from cnncli.render.chart import Chart, Line, Panel, Style


@pytest.fixture
def chart():
    """Two panels: a dashed and a solid line with a gap, and a line with markers."""
    dashed, solid, marked = Style(0, dashed=True), Style(3), Style(2, marker=1)
    falling = tuple((x, 2.0 / x) for x in range(1, 9))
    gap = (*falling[:4], (5, None), *((x, 0.1) for x in range(6, 9)))
    loss = Panel("loss", (Line(falling, dashed), Line(gap, solid, ringed=3)))
    rate = Panel("rate", (Line(tuple((x, x / 100) for x in range(1, 9)), marked),), 0.5)
    legend = (("falling", dashed), ("with a gap", solid), ("rising", marked))
    return Chart("a <chart>", legend, (loss, rate), "epoch", ring="the best", whole=True)
