import numpy as np

from cnncli.render.blocks import draw_blocks

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def picture(*rows):
    return np.array(rows, np.uint8)


def test_a_character_shows_two_pixels_one_above_the_other():
    lines = draw_blocks(picture([RED], [BLUE]), "truecolor")

    assert lines == ["\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m"]


def test_a_color_is_named_only_where_it_changes():
    lines = draw_blocks(picture([RED, RED, GREEN], [BLUE, BLUE, BLUE]), "truecolor")

    assert lines == ["\x1b[38;2;255;0;0;48;2;0;0;255m▀▀\x1b[38;2;0;255;0;48;2;0;0;255m▀\x1b[0m"]


def test_the_last_of_an_odd_number_of_rows_has_nothing_below():
    lines = draw_blocks(picture([RED], [RED], [GREEN]), "truecolor")

    assert lines[1] == "\x1b[38;2;0;255;0;49m▀\x1b[0m"


def test_256_colors_take_the_nearest_of_the_cube_or_the_grays():
    lines = draw_blocks(picture([RED, (128, 128, 128)], [(97, 0, 254), (1, 2, 3)]), "256")

    assert lines == ["\x1b[38;5;196;48;5;57m▀\x1b[38;5;244;48;5;16m▀\x1b[0m"]


def test_without_color_a_character_is_as_full_as_its_pixels_are_light():
    grays = [[(v, v, v) for v in (0, 70, 128, 190, 255)]]

    assert draw_blocks(picture(*grays, *grays), "none") == [" ░▒▓█"]


def test_without_color_two_rows_are_taken_together_and_an_odd_one_alone():
    white, black = (255, 255, 255), (0, 0, 0)

    assert draw_blocks(picture([white], [black], [white]), "none") == ["▒", "█"]


def test_without_color_nothing_but_shades_is_written():
    lines = draw_blocks(np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8), "none")

    assert set("".join(lines)) <= set(" ░▒▓█")
    assert [len(line) for line in lines] == [9] * 4
