"""Guided backpropagation and deconv against their definitions, by hand."""

import numpy as np
import pytest

from cnncli.inspection import find_method
from cnncli.inspection.base import Subject

IMAGE = [[1, 2, -1, -2], [3, 4, -3, -4], [5, 1, 2, 1], [1, 1, 1, 6]]
SEEN = [(1, 1), (0, 2), (2, 0), (3, 3)]  # by the max pool; of four zeros behind the relu the first


@pytest.mark.parametrize(
    ("method", "gradients"),
    [
        ("saliency", [2, 0, 2, 4]),  # of the top right the relu lets nothing through
        ("guided", [2, 0, 0, 4]),  # what is below zero, at the bottom left, is left out as well
        ("deconv", [2, 6, 0, 4]),  # whatever is above zero passes, where the relu was off, too
    ],
)
def test_a_gradient_passes_relu_and_pool_by_the_rule_of_the_method(
    make_network, make_sample, method, gradients
):
    trained = make_network("conv(1, 1) >> relu >> maxpool >> dense(2)", (4, 4, 1))
    trained.model.weights["conv1/weight"][:] = 2
    trained.model.weights["dense1/weight"][0] = [1, 3, -1, 2]
    sample = make_sample(np.array(IMAGE, np.float32)[..., None])

    (values,) = find_method(method).find(trained, Subject(sample, output="a")).values

    expected = np.zeros((4, 4))
    for place, gradient in zip(SEEN, gradients, strict=True):
        expected[place] = gradient
    np.testing.assert_array_equal(values, expected)
