import numpy as np
import pytest

from cnncli.render.confusion import CELL, NONE, RIGHT, WRONG, paint_confusion


def cell_color(picture, row, column):
    """The color near the upper left corner of a cell; the first must be all right."""
    pixels = np.asarray(picture)
    diagonal = (pixels == RIGHT).all(axis=-1)
    rows, columns = np.nonzero(diagonal)
    top, left = rows.min(), columns.min()
    return tuple(pixels[top + row * CELL + 2, left + column * CELL + 2].tolist())


def test_what_is_right_is_blue_and_what_is_mistaken_red():
    picture = paint_confusion([[9, 0], [4, 0]], ["cat", "dog"])

    assert cell_color(picture, 0, 0) == RIGHT
    assert cell_color(picture, 0, 1) == NONE
    assert cell_color(picture, 1, 0) == WRONG
    assert cell_color(picture, 1, 1) == NONE


def test_rare_classes_are_as_dark_as_common_ones():
    picture = paint_confusion([[900, 0], [0, 1]], ["cat", "dog"])

    assert cell_color(picture, 0, 0) == cell_color(picture, 1, 1) == RIGHT


def test_a_single_mistake_in_a_thousand_can_be_seen():
    picture = paint_confusion([[1000, 0], [1, 999]], ["cat", "dog"])

    color = cell_color(picture, 1, 0)
    assert color != NONE
    assert color[0] > color[2]


def test_a_class_without_images_stays_empty():
    picture = paint_confusion([[3, 0], [0, 0]], ["cat", "dog"])

    assert cell_color(picture, 1, 0) == cell_color(picture, 1, 1) == NONE


def difference(one, other):
    return (np.asarray(one) != np.asarray(other)).any(axis=-1)


def test_counts_are_written_into_their_cells():
    one = paint_confusion([[40, 0], [0, 7]], ["cat", "dog"])
    other = paint_confusion([[40, 0], [0, 8]], ["cat", "dog"])

    rows, columns = np.nonzero(difference(one, other))
    assert rows.max() - rows.min() < 14
    assert columns.max() - columns.min() < 12


def test_names_stand_beside_the_rows_and_above_the_columns():
    one = paint_confusion([[4, 0], [0, 7]], ["cat", "dog"])
    other = paint_confusion([[4, 0], [0, 7]], ["cat", "cow"])

    rows, columns = np.nonzero(difference(one, other))
    assert len(rows)
    assert rows.max() - rows.min() > CELL
    assert columns.max() - columns.min() > CELL


def test_names_wider_than_a_cell_are_written_upward():
    short = paint_confusion(np.eye(2), ["a", "b"])
    long = paint_confusion(np.eye(2), ["airplane", "automobile"])

    assert long.height > short.height + 20


@pytest.mark.parametrize("classes", [1, 2, 10, 50, 117, 120, 1500])
def test_any_number_of_classes_makes_a_picture_of_sane_size(classes):
    names = [f"class number {index}" for index in range(classes)]

    picture = paint_confusion(np.eye(classes, dtype=int), names, "a title")

    assert classes < max(picture.size) < 2000


def test_names_the_font_cannot_write_become_numbers():
    one = paint_confusion([[4, 0], [0, 7]], ["猫", "犬"])
    other = paint_confusion([[4, 0], [0, 7]], ["class 0", "class 1"])

    assert not difference(one, other).any()


def test_a_matrix_of_lists_and_a_long_title_are_welcome():
    picture = paint_confusion([[1, 0], [0, 1]], ["a", "b"], "accuracy " * 30)

    assert picture.mode == "RGB"
    assert (np.asarray(picture)[:, -20:] == 255).all()
