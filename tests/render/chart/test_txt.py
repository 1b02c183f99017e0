import re
from dataclasses import replace

import pytest

from cnncli.render.chart import Chart, Line, Panel, Style
from cnncli.render.chart.txt import draw_text


def draw_line(points, style, rows=1.0):
    """Return what stands on the rows of a panel with a single line."""
    panel = Panel("one", (Line(points, style),), rows)
    lines = draw_text(Chart("", (), (panel,), "x"), 60, "none")
    first = lines.index("one") + 1
    rows = [re.sub(r"^.*?[┤│]", "", line) for line in lines[first:]]
    return rows[: next(i for i, line in enumerate(lines[first:]) if "└" in line)]


def test_no_line_is_wider_than_wanted(chart):
    for width in (40, 80, 120):
        lines = draw_text(chart, width, "none")
        assert max(map(len, lines)) == width


def test_it_names_what_a_picture_names(chart):
    text = "\n".join(draw_text(chart, 80, "none"))
    for word in ("a <chart>", "falling", "with a gap", "rising", "loss", "rate", "epoch"):
        assert word in text
    assert "\x1b" not in text


def test_a_rising_line_rises():
    rows = draw_line(((0, 0.0), (10, 1.0)), Style())
    starts = [len(row) - len(row.lstrip()) for row in rows]
    assert starts == sorted(starts, reverse=True)
    assert rows[0].strip() and rows[-1].startswith("⣀") | rows[-1].startswith("⡠")


def test_a_dashed_line_is_broken_and_a_solid_one_is_not():
    points = ((0, 1.0), (10, 1.0))
    solid, dashed = ("".join(draw_line(points, Style(dashed=dashed))) for dashed in (False, True))
    assert re.fullmatch(r" *[^ ]+", solid)
    assert len(dashed.split()) > 10


def test_a_gap_is_empty():
    points = ((0, 1.0), (3, 1.0), (4, None), (7, 1.0), (10, 1.0))
    row = next(row for row in draw_line(points, Style()) if row)
    assert len(row.split()) == 2


def test_several_lines_have_letters():
    rows = "".join(draw_line(((0, 0.0), (10, 1.0)), Style(marker=2)))
    assert rows.count("C") == 2


def test_the_ring_is_explained_where_it_is_drawn(chart):
    plain = replace(chart, panels=chart.panels[:1])
    assert "o: the best" in draw_text(plain, 80, "none")[-1]
    assert "o: the best" not in draw_text(chart, 80, "none")[-1]  # letters stand there


@pytest.mark.parametrize(
    ("depth", "color"), [("truecolor", "\x1b[38;2;213;94;0m"), ("256", "\x1b[38;5;166m")]
)
def test_on_a_terminal_lines_have_the_colors_of_the_picture(chart, depth, color):
    lines = draw_text(chart, 80, depth)
    assert color in "\n".join(lines)
    bare = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert bare == draw_text(chart, 80, "none")
