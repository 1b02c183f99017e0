import numpy as np

from cnncli.inspection.base import ScoreFindings
from cnncli.views.score import make_score_chart


def test_a_panel_has_the_curve_of_the_map_above_those_of_random_orders():
    values = np.array([[1, 0.25, 0], [0, 0.5, 1]], np.float32)
    figures = {
        "area": np.array([0.375, 0.5], np.float32),
        "random": np.array([0.5, 0.25], np.float32),
        "fractions": np.tile(np.array([0, 0.5, 1], np.float32), (2, 1)),
        "orders": np.zeros((2, 4, 3), np.float32),
    }
    findings = ScoreFindings("relu2", ("deletion", "insertion"), values, figures, "gradcam", "cat")

    chart = make_score_chart(findings, "m.npz on cat.png")

    assert chart.title == "Probability of cat, m.npz on cat.png"
    assert [name for name, _ in chart.legend] == ["by gradcam", "in random orders"]
    assert [panel.title for panel in chart.panels] == [
        "deletion: area 0.375, random 0.5 (less is better)",
        "insertion: area 0.5, random 0.25 (more is better)",
    ]
    *orders, curve = chart.panels[1].lines
    assert len(orders) == 4
    assert curve.points == ((0, 0), (0.5, 0.5), (1, 1))
