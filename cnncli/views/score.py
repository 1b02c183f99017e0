"""How good a map is, as a chart."""

from __future__ import annotations

from cnncli.inspection.base import ScoreFindings
from cnncli.inspection.figures import Array
from cnncli.render.chart import Chart, Line, Panel, Point, Style
from cnncli.render.text import write_number

MAP, RANDOM = Style(3), Style(7, dashed=True)
BEST = {"deletion": "less is better", "insertion": "more is better"}


def make_score_chart(findings: ScoreFindings, note: str) -> Chart:
    """Return the curves of the map and of random orders, over the share of the pixels changed."""
    figures, panels = findings.figures, []
    for row, label in enumerate(findings.labels):
        shares = figures["fractions"][row]
        lines = [Line(_list_points(shares, order), RANDOM) for order in figures["orders"][row]]
        lines.append(Line(_list_points(shares, findings.values[row]), MAP))
        area, random = (write_number(float(figures[name][row])) for name in ("area", "random"))
        title = f"{label}: area {area}, random {random} ({BEST[label]})"
        panels.append(Panel(title, tuple(lines), from_zero=True))
    return Chart(
        f"Probability of {findings.output}, {note}",
        ((f"by {findings.method}", MAP), ("in random orders", RANDOM)),
        tuple(panels),
        "share of the pixels changed",
    )


def _list_points(fractions: Array, values: Array) -> tuple[Point, ...]:
    return tuple(
        (float(share), float(value)) for share, value in zip(fractions, values, strict=True)
    )
