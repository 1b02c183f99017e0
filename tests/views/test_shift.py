import numpy as np

from cnncli.inspection.base import ShiftFindings
from cnncli.views.shift import make_shift_chart


def findings(layers, distances=3):
    """A layer's maps move along by its number, the last one has no columns."""
    labels = (*(f"conv{number}" for number in range(1, layers)), "logits")
    values = np.ones((layers, 2, distances), np.float32)
    values[:, 0] = np.arange(layers)[:, None]
    values[-1, 0] = np.nan
    answers = np.arange(distances, dtype=np.float32)
    return ShiftFindings("network", labels, values, {}, "cat", answers, ("cat",) * distances)


def test_each_layer_with_maps_has_a_line_beside_that_of_the_image():
    chart = make_shift_chart(findings(3), "digits.npz on seven.png")
    assert [name for name, _ in chart.legend] == ["conv1", "conv2", "the image"]
    moved, same, answer = chart.panels
    assert moved.lines[1].points == ((0, 1), (1, 1), (2, 1))
    assert moved.lines[2].points == ((0, 0), (1, 1), (2, 2))
    assert len(same.lines) == 2
    assert answer.title == "logit of cat"
    assert answer.lines[0].points == ((0, 0), (1, 1), (2, 2))
    assert chart.cut == ""


def test_of_many_layers_some_are_drawn_from_the_first_to_the_last():
    chart = make_shift_chart(findings(21), "")
    names = [name for name, _ in chart.legend[:-1]]
    assert (len(names), names[0], names[-1]) == (6, "conv1", "conv20")
    assert chart.cut == "6 of 20 layers"
