import numpy as np
import pytest

from cnncli.inspection import find_method
from cnncli.inspection.base import Subject
from cnncli.trained.probe import Probe


@pytest.mark.parametrize("channels", [3, 40], ids=["fewer maps than places", "more of them"])
def test_the_map_is_the_first_singular_vector_of_the_maps(make_network, make_sample, channels):
    trained = make_network(f"conv({channels}, 3) >> relu >> dense(2)", (6, 7, 1))
    random = np.random.default_rng(0)
    trained.model.weights["conv1/weight"][:] = random.standard_normal((channels, 1, 3, 3))
    sample = make_sample(random.standard_normal((6, 7, 1)))

    (pixels,) = find_method("eigencam").find(trained, Subject(sample)).values

    maps = Probe(trained.graph, trained.weights, 1).run(sample.input[None], ["relu1"])["relu1"][0]
    left, lengths, _ = np.linalg.svd(maps.reshape(20, channels).astype(np.float64))
    expected = np.abs(left[:, 0] * lengths[0]).reshape(4, 5)  # of maps that are not below zero
    assert pixels[1:5, 1:6] == pytest.approx(expected, rel=1e-5)
