import numpy as np
import pytest

import cnncli
from cnncli.errors import DataError


def test_a_network_is_a_function_of_images():
    network = cnncli.network("conv(6,5)>>relu >> dense(classes)", (12, 12, 3), classes=4)
    images = np.ones((2, 12, 12, 3), np.float32)
    assert str(network) == "conv(6, 5) >> relu >> dense(4)"
    assert network(images).shape == (2, 4)
    assert np.array_equal(network(images)[0], network(images)[1])


@pytest.mark.parametrize("shape", [(2, 12, 12), (12, 12, 3), (2, 12, 12, 1), (2, 3, 12, 12), ()])
def test_arrays_it_was_not_made_for_are_refused(shape):
    network = cnncli.network("conv(6, 5) >> dense(4)", (12, 12, 3))
    with pytest.raises(DataError, match=r"where the network takes n x 12x12x3 numbers"):
        network(np.zeros(shape, np.float32))


def test_what_is_no_numbers_is_refused():
    with pytest.raises(DataError, match="complex128"):
        cnncli.network("dense(4)", (3,))(np.zeros((1, 3), complex))


def test_no_images_have_no_logits():
    assert cnncli.network("dense(4)", (3,))(np.zeros((0, 3))).shape == (0, 4)
