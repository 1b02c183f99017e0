import pytest

from cnncli.render.chart import Line, Style
from cnncli.render.chart.axes import choose_axis
from cnncli.render.chart.placement import MARKERS, find_ring, place_markers, split_at_gaps

ACROSS, UPWARD = choose_axis([0, 10], tight=True), choose_axis([0, 1])


def test_a_line_ends_before_a_gap_and_goes_on_behind_it():
    line = Line(((0, 0.0), (5, 1.0), (6, None), (7, None), (10, 0.5)), Style())
    assert list(split_at_gaps(line, ACROSS, UPWARD)) == [[(0, 0), (0.5, 1)], [(1, 0.5)]]


@pytest.mark.parametrize("count", [3, 8, 40, 1000])
def test_markers_are_few_and_those_of_other_lines_lie_elsewhere(count):
    points = tuple((number, 0.5) for number in range(count))
    first, second = (
        place_markers(Line(points, Style(marker=marker)), ACROSS, UPWARD) for marker in (0, 1)
    )
    assert min(3, count) <= len(first) <= 2 * MARKERS
    assert count < 2 * MARKERS or not set(first) & set(second)


def test_a_line_without_marker_has_none():
    assert place_markers(Line(((0, 0.5),), Style()), ACROSS, UPWARD) == []


def test_a_ring_lies_on_its_point():
    line = Line(((0, 0.0), (5, 1.0), (6, None)), Style(), ringed=5)
    assert find_ring(line, ACROSS, UPWARD) == (0.5, 1)
    assert find_ring(Line(line.points, Style(), ringed=6), ACROSS, UPWARD) is None
    assert find_ring(Line(line.points, Style()), ACROSS, UPWARD) is None
