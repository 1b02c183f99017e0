import numpy as np

import cnncli


def test_a_network_is_a_function_of_images():
    network = cnncli.network("conv(6,5)>>relu >> dense(classes)", (12, 12, 3), classes=4)
    images = np.ones((2, 12, 12, 3), np.float32)
    assert str(network) == "conv(6, 5) >> relu >> dense(4)"
    assert network(images).shape == (2, 4)
    assert np.array_equal(network(images)[0], network(images)[1])
