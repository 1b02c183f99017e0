from itertools import combinations, pairwise

import pytest

from cnncli.render.diagram import Box, Diagram, Fork, Repeated, Series
from cnncli.render.diagram.placement import lay_out
from cnncli.render.diagram.slabs import PictureMetrics, choose_scale
from cnncli.render.diagram.txt import TextMetrics


def metrics_of(kind, diagram):
    if kind == "picture":
        return PictureMetrics(scale=choose_scale(diagram))
    return TextMetrics(stacked=kind == "narrow text")


def room(placed):
    """What a box takes: along from, to, across from, to."""
    (along, across), extent = placed.at, placed.extent
    return along, along + extent.length, across - extent.before, across + extent.after


def ports(placed):
    """Where lines enter a box and where they leave it."""
    (along, across), extent = placed.at, placed.extent
    return (along + extent.start, across), (along + extent.end, across)


def overlap(one, other):
    return min(one[1], other[1]) > max(one[0], other[0]) and min(one[3], other[3]) > max(
        one[2], other[2]
    )


@pytest.fixture(params=["picture", "text", "narrow text"])
def laid_out(request, diagram):
    return lay_out(diagram.body, metrics_of(request.param, diagram))


def test_no_box_lies_on_another(laid_out):
    for one, other in combinations(map(room, laid_out.placed), 2):
        assert not overlap(one, other)


def test_no_line_crosses_a_box(laid_out):
    for line in laid_out.lines:
        for (a, b), (c, d) in pairwise(line.points):
            segment = min(a, c), max(a, c), min(b, d) - 0.1, max(b, d) + 0.1
            for placed in laid_out.placed:
                first, last, near, far = room(placed)
                start, end = ports(placed)
                ends = (c, d) == pytest.approx(start) or (a, b) == pytest.approx(end)
                assert ends or not overlap(segment, (first, last, near, far))


def test_everything_lies_within_the_extent(laid_out):
    extent = laid_out.extent
    for first, last, near, far in map(room, laid_out.placed):
        assert first >= 0 and last <= extent.length
        assert -extent.before <= near and far <= extent.after
    points = [point for line in laid_out.lines for point in line.points]
    points += [point for frame in laid_out.frames for point in (frame.first, frame.last)]
    for along, across in points:
        assert 0 <= along <= extent.length and -extent.before <= across <= extent.after


def test_every_box_but_the_first_is_entered(laid_out):
    ends = [line.points[-1] for line in laid_out.lines]
    entries = [ports(one)[0] for one in laid_out.placed]
    entered = [any(entry == pytest.approx(end) for end in ends) for entry in entries]
    assert entered.count(False) == 1 and not entered[0]


def test_a_frame_surrounds_what_is_repeated(residual):
    brick = lay_out(residual.body, metrics_of("picture", residual))
    (frame,) = brick.frames
    inside = [
        one.box.name
        for one in brick.placed
        if frame.first[0] <= room(one)[0]
        and room(one)[1] <= frame.last[0]
        and frame.first[1] <= room(one)[2]
        and room(one)[3] <= frame.last[1]
    ]
    assert inside == ["a", "b", "add1"]


def across(brick):
    return {one.box.name: one.at[1] for one in brick.placed}


def test_the_longer_of_two_branches_goes_straight_on(residual):
    found = across(lay_out(residual.body, metrics_of("picture", residual)))
    assert found["d"] == found["e"] == found["add2"] == 0
    assert found["f"] < 0


def test_what_works_at_a_coarser_size_stands_deeper_in_a_picture(unet):
    found = across(lay_out(unet.body, metrics_of("picture", unet)))
    assert found["input"] == found["stack1"] == found["end"] == 0
    assert 0 < found["pool1"] == found["up1"] == found["stack2"] < found["pool2"] == found["up2"]


def test_branches_lie_evenly_about_the_axis(inception):
    found = across(lay_out(inception.body, metrics_of("picture", inception)))
    assert found["a"] < found["b"] == found["c"] < 0 < found["d"] < found["f"]


def test_several_skips_take_a_lane_each():
    fork = Fork((Series(()),) * 3, Box("add1", "add", ("add",), (8, 8, 4)))
    brick = lay_out(Series((fork,)), TextMetrics())
    lanes = {line.points[1][1] for line in brick.lines if len(line.points) > 2}
    assert len(lanes) == 2  # the third goes straight on


def rows_of(brick):
    """The boxes of each row, from above."""
    found = {}
    for one in brick.placed:
        found.setdefault(one.at[1], []).append(room(one))
    return [found[across] for across in sorted(found)]


def test_what_is_too_long_for_a_row_takes_rows_about_evenly_full():
    series = Series(tuple(Box(f"conv{i}", "conv", ("conv",), (8, 8, 4)) for i in range(26)))
    rows = rows_of(lay_out(series, metrics_of("picture", Diagram("", "", series))))
    lengths = [row[-1][1] - row[0][0] for row in rows]
    assert len(rows) == 2
    assert max(lengths) <= 1400 and min(lengths) > 0.7 * max(lengths)
    assert rows[0][0][0] == rows[1][0][0]


def test_a_text_runs_down_whatever_its_length():
    series = Series(tuple(Box(f"conv{i}", "conv", ("conv",), (8, 8, 4)) for i in range(999)))
    assert len(rows_of(lay_out(series, TextMetrics()))) == 1


def test_what_is_repeated_takes_rows_within_its_frame_and_is_left_on_the_axis():
    body = Series(tuple(Box(f"conv{i}", "conv", ("conv",), (8, 8, 4)) for i in range(40)))
    series = Series((Repeated(3, body), Box("end", "conv", ("conv",), (8, 8, 4))))
    brick = lay_out(series, metrics_of("picture", Diagram("", "", series)))
    assert len(rows_of(brick)) == 3
    (frame,) = brick.frames
    last = next(one for one in brick.placed if one.box.name == "end")
    assert last.at[1] == 0 and last.at[0] > frame.last[0]


def test_what_is_longer_than_a_row_keeps_its_neighbors():
    long = Series(tuple(Box(f"conv{i}", "conv", ("conv",), (8, 8, 4)) for i in range(30)))
    end = Box("end", "conv", ("conv",), (8, 8, 4))
    fork = Fork((long, Series(())), Box("add", "add", ("add",), (8, 8, 4)))
    brick = lay_out(Series((fork, end)), metrics_of("picture", Diagram("", "", Series((end,)))))
    assert len(rows_of(brick)) == 1
