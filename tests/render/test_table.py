import numpy as np

from cnncli.render.table import write_table


def test_numbers_are_aligned_to_the_right_under_their_names():
    columns = {"norm": np.array([1.5, 10.0], np.float32), "dead": np.array([True, False])}

    assert write_table("conv1", columns) == [
        "conv1  norm  dead",
        "    0   1.5   yes",
        "    1    10    no",
    ]
