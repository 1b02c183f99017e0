from dataclasses import replace

import numpy as np

from cnncli.render.chart import Chart, Line, Panel, Style
from cnncli.render.chart.page import WIDTH, draw_page
from cnncli.render.colors import pick_distinct
from cnncli.render.strokes import Path, Polygon, Text
from cnncli.render.strokes.picture import paint_page


def select(page, kind):
    return [stroke for stroke in page.strokes if isinstance(stroke, kind)]


def name_color(index):
    return "#" + bytes(pick_distinct(index)).hex()


def test_title_legend_panels_and_axes_are_named(chart):
    texts = [text.text for text in select(draw_page(chart), Text)]
    for word in ("a <chart>", "falling", "with a gap", "rising", "loss", "rate", "epoch"):
        assert word in texts
    assert "ring: the best" in texts
    assert {"2", "4", "6", "8"} <= set(texts)


def test_a_gap_parts_a_line_in_two_and_dashes_stay(chart):
    page = draw_page(chart)
    drawn = [path for path in select(page, Path) if len(path.points) > 2]
    assert [(path.ink, path.dashed, len(path.points)) for path in drawn] == [
        (name_color(0), True, 8),
        (name_color(3), False, 4),
        (name_color(3), False, 3),
        (name_color(2), False, 8),
    ]


def test_larger_is_higher_and_later_is_further_right(chart):
    falling = next(p for p in select(draw_page(chart), Path) if len(p.points) == 8)
    xs, ys = zip(*falling.points, strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys)  # y runs down


def test_everything_lies_on_the_page(chart):
    page = draw_page(chart)
    points = [point for stroke in select(page, Path | Polygon) for point in stroke.points]
    points += [text.at for text in select(page, Text)]
    assert all(0 <= x <= page.width and 0 <= y <= page.height for x, y in points)


def test_a_lone_point_can_be_seen():
    line = Line(((1, 0.5),), Style(1))
    page = draw_page(Chart("", (), (Panel("", (line,)),), "", whole=True))
    (dot,) = select(page, Polygon)
    assert dot.fill == name_color(1)
    assert sum(x for x, _ in dot.points) / len(dot.points) > WIDTH / 3


def test_many_names_take_several_rows(chart):
    legend = tuple((f"training number {number}", Style(number)) for number in range(9))
    texts = select(draw_page(replace(chart, legend=legend)), Text)
    named = [text for text in texts if text.text.startswith("training number")]
    assert len(named) == 9 and len({text.at[1] for text in named}) > 1
    assert all(text.at[0] < WIDTH - 60 for text in named)


def test_the_picture_has_the_colors_of_the_lines(chart):
    pixels = np.asarray(paint_page(draw_page(chart))).reshape(-1, 3)
    for index in (0, 2, 3):
        distance = np.abs(pixels.astype(int) - pick_distinct(index)).sum(axis=1)
        assert (distance < 30).sum() > 50


def test_the_markers_of_five_lines_have_five_shapes():
    shapes = set()
    for marker in range(5):
        line = Line(((1, 0.0), (2, 1.0)), Style(0, marker=marker))
        page = draw_page(Chart("", (), (Panel("", (line,)),), ""))
        polygon = select(page, Polygon)[0]
        x, y = (sum(part) / len(polygon.points) for part in zip(*polygon.points, strict=True))
        shapes.add(tuple((round(a - x, 2), round(b - y, 2)) for a, b in polygon.points))
    assert len(shapes) == 5
