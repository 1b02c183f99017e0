import numpy as np
from contract import Bench

from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.notation import parse


def test_each_channel_has_a_slope_of_its_own_below_zero():
    bench = Bench(parse("prelu").layer, ((1, 2, 3),))
    bench.site.weights["weight"][:] = [0.5, -1, 0]
    bench.site.x[0][0] = [[[2, 3, 4], [-2, -3, -4]]]
    bench.forward(1)
    assert bench.site.y[0].tolist() == [[[2, 3, 4], [-1, 3, 0]]]


def test_the_slopes_begin_at_a_quarter():
    weights = Weights(build_graph(parse("conv(3, 1) >> prelu"), (4, 4, 1)))
    weights.initialize(seed=1)
    assert np.array_equal(weights.arrays["prelu1/weight"], [0.25, 0.25, 0.25])
