import numpy as np
import pytest
from contract import Bench

from cnncli.errors import ArchitectureError
from cnncli.notation import parse


def test_a_value_is_divided_by_what_its_neighboring_channels_hold():
    bench = Bench(parse("lrn(3, 6, 0.5, 1)").layer, ((1, 1, 4),))
    bench.site.x[0][0] = [1, 2, 3, 4]
    bench.forward(1)
    sums = np.array([1 + 4, 1 + 4 + 9, 4 + 9 + 16, 9 + 16])
    assert np.allclose(bench.site.y[0], np.array([1, 2, 3, 4]) / np.sqrt(1 + 2 * sums))


def test_a_size_without_a_middle_is_refused():
    with pytest.raises(ArchitectureError, match="its size is 4; use an odd one"):
        parse("lrn(4)").layer.output_shape((3, 3, 8))
