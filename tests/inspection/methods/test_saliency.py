import numpy as np

from cnncli.inspection.base import Subject
from cnncli.inspection.methods.saliency import Saliency


def test_saliency_is_the_size_of_the_largest_gradient_of_a_pixels_channels(
    make_network, make_sample
):
    trained = make_network("dense(2)", (1, 2, 2))
    trained.model.weights["dense1/weight"][1] = [1, 3, -4, 2]  # of row, column, channel as pixels
    sample = make_sample(np.ones((1, 2, 2)))

    findings = Saliency().find(trained, Subject(sample, output="b"))

    weight = np.abs(np.array([1, 3, -4, 2]).reshape(2, 1, 2)).max(axis=0)
    assert findings.values.tolist() == [weight.tolist()]
    assert (findings.layer, findings.labels, findings.signed) == ("input", ("b",), False)
