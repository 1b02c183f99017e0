import numpy as np

from cnncli.render.table import write_matrix, write_table


def test_numbers_are_aligned_to_the_right_under_their_names():
    columns = {"norm": np.array([1.5, 10.0], np.float32), "dead": np.array([True, False])}

    assert write_table("conv1", ["0", "7"], columns) == [
        "conv1  norm  dead",
        "    0   1.5   yes",
        "    7    10    no",
    ]


def test_text_is_aligned_to_the_left():
    columns = {"words": np.array(["flat", "line at 9 degrees"]), "n": np.array([1, 2])}

    assert write_table("conv1", ["0", "1"], columns) == [
        "conv1  words              n",
        "    0  flat               1",
        "    1  line at 9 degrees  2",
    ]


def test_the_numbers_of_a_matrix_have_as_many_digits_behind_the_point():
    assert write_matrix(np.array([[12.34, -0.001], [0, 5]])) == [["12.3", "0.0"], ["0.0", "5.0"]]
    assert write_matrix(np.array([[0.0123, -0.001]])) == [["0.0123", "-0.0010"]]
    assert write_matrix(np.array([[0.0123]]), largest=12.0) == [["0.0"]]
    assert write_matrix(np.array([[1e-7, 0]])) == [["1e-07", "0"]]
    assert write_matrix(np.array([[np.nan, 2.5]])) == [["nan", "2.5"]]
