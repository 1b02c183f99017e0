import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.inspection.attribution import add_channels, keep_strongest_channel
from cnncli.inspection.base import Subject
from cnncli.inspection.methods.guided import Guided
from cnncli.inspection.methods.saliency import Saliency


def test_channels_become_one_by_the_strongest_or_by_their_sum():
    values = np.array([[[1, -3], [0.5, 0.25]]], np.float32)

    assert keep_strongest_channel(values).tolist() == [[3, 0.5]]
    assert add_channels(values).tolist() == [[-2, 0.75]]


def test_a_signal_is_a_single_row():
    assert add_channels(np.ones((5, 2), np.float32)).tolist() == [[2] * 5]


def test_each_filter_gets_a_map_of_its_own(make_network, make_sample):
    trained = make_network("conv(3, 1) >> relu >> dense(2)", (2, 2, 1))
    trained.model.weights["conv1/weight"][:, 0, 0, 0] = [1, 2, 3]
    sample = make_sample(np.array([[[1], [4]], [[2], [3]]]))

    findings = Saliency().find(trained, Subject(sample, layer="conv1", filters=(2, 0)))

    assert findings.labels == ("conv1:2", "conv1:0")
    assert findings.values.tolist() == [[[0, 3], [0, 0]], [[0, 1], [0, 0]]]
    assert findings.figures["sum"].tolist() == [3, 1]


def test_relus_cannot_be_changed_where_there_are_none(make_network, make_sample):
    trained = make_network("conv(3, 1) >> tanh >> dense(2)", (2, 2, 1))

    with pytest.raises(UsageError, match="the network has none; saliency takes the gradient"):
        Guided().find(trained, Subject(make_sample(np.ones((2, 2, 1)))))
