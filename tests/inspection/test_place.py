import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.graph import build_graph
from cnncli.inspection.place import Place, find_place
from cnncli.notation import parse


def node(text, shape):
    return build_graph(parse(text), shape).nodes[0]


IMAGE = node("conv(2, 3)", (6, 5, 1))  # 4x3x2
SIGNAL = node("conv(2, 3)", (9, 1))  # 7x2
VECTOR = node("dense(4)", (9,))


def test_numbers_are_filter_row_and_column_as_far_as_there_are_such():
    nothing = np.zeros((1, 1, 1), np.float32)
    assert find_place(IMAGE, [1, 3, 2], nothing) == Place(1, 3, 2)
    assert find_place(SIGNAL, [1, 6], nothing) == Place(1, 0, 6)
    assert find_place(VECTOR, [3], nothing) == Place(3, 0, 0)
    assert Place(1, 3, 2).index == (3, 2, 1)


def test_a_filter_alone_is_the_place_of_its_largest_value():
    values = np.zeros((4, 3, 2), np.float32)
    values[2, 1, 0], values[3, 2, 1] = 1, 2
    assert find_place(IMAGE, [0], values) == Place(0, 2, 1)
    assert find_place(IMAGE, [1], values) == Place(1, 3, 2)
    assert find_place(SIGNAL, [1], values[:1]) == Place(1, 0, 0)


@pytest.mark.parametrize(
    ("where", "numbers", "said"),
    [
        (IMAGE, [2, 0, 0], "conv1 has no filter 2; its filters are 0 to 1"),
        (IMAGE, [0, 4, 0], "conv1 has no row 4; its rows are 0 to 3"),
        (IMAGE, [0, 0, 3], "conv1 has no column 3; its columns are 0 to 2"),
        (IMAGE, [0, 0], "conv1: 2 numbers for a place; give conv1:FILTER,ROW,COLUMN"),
        (SIGNAL, [0, 7], "conv1 has no position 7; its positions are 0 to 6"),
        (SIGNAL, [0, 0, 1], "conv1: 3 numbers for a place; give conv1:FILTER,POSITION"),
        (VECTOR, [4], "dense1 has no unit 4; its units are 0 to 3"),
        (VECTOR, [0, 0], "dense1: 2 numbers for a place; give dense1:UNIT"),
    ],
)
def test_a_place_that_there_is_not_is_refused_with_what_there_is(where, numbers, said):
    with pytest.raises(UsageError) as error:
        find_place(where, numbers, np.zeros((4, 3, 2), np.float32))
    assert str(error.value) == said
