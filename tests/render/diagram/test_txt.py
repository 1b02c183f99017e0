from cnncli.render.diagram import Box, Diagram, Series
from cnncli.render.diagram.txt import draw_text


def test_boxes_stand_below_one_another():
    conv = Box("conv1", "conv", ("conv 5x5, 6", "relu"), (28, 28, 6))
    dense = Box("dense1", "dense", ("dense 10",), (10,))
    assert draw_text(Diagram("small", "a note", Series((conv, dense))), 100) == [
        "small",
        "a note",
        "",
        "┌────────────────────┐",
        "│ conv 5x5, 6 · relu │",
        "│      28x28x6       │",
        "└──────────┬─────────┘",
        "     ┌─────┴────┐",
        "     │ dense 10 │",
        "     │    10    │",
        "     └──────────┘",
    ]


def test_a_skip_and_a_frame_are_drawn_beside_the_boxes(residual):
    assert draw_text(residual, 100)[6:12] == [
        "╭┄ x3, then 4x4x4 ┄│┄┄┄┄┄┄┄╮",
        "┆            ┌─────┤       ┆",
        "┆            │ ┌───┴───┐   ┆",
        "┆            │ │ a 3x3 │   ┆",
        "┆            │ │ 8x8x4 │   ┆",
        "┆            │ └───┬───┘   ┆",
    ]


def test_branches_stand_side_by_side(inception):
    lines = draw_text(inception, 100)
    (heads,) = [line for line in lines if "b 3x3" in line and "d 3x3" in line]
    assert heads.index("b 3x3") < heads.index("d 3x3") < heads.index("f 3x3")
    assert sum(line.count("┬") for line in lines) >= 8


def test_where_columns_are_few_what_a_box_does_is_written_below_one_another():
    lines = ("conv 3x3, 64", "stride 2", "bn relu")
    conv = Box("conv1", "conv", lines, (28, 28, 6))
    diagram = Diagram("", "", Series((conv,)))
    assert "│ conv 3x3, 64 · stride 2 · bn relu │" in draw_text(diagram, 40)
    narrow = draw_text(diagram, 30)
    assert "│ conv 3x3, 64 │" in narrow and "│   stride 2   │" in narrow


def test_no_line_ends_in_blanks(diagram):
    assert all(line == line.rstrip() for line in draw_text(diagram, 80))
