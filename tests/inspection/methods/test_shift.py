import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.inspection.base import Subject
from cnncli.inspection.methods.shift import Shift

TEXT = "conv(1, 1) >> maxpool >> relu >> global_maxpool >> dense(2)"


@pytest.fixture
def network(make_network):
    """A network whose only filter passes the image on, and whose class b is its largest pixel."""
    trained = make_network(TEXT, (6, 16, 1))
    trained.model.weights["conv1/weight"][:] = 1
    trained.model.weights["dense1/weight"][1] = 1
    return trained


@pytest.fixture
def blob(make_sample):
    """An image of a blob on black, whose columns are all different."""
    image = np.zeros((6, 16, 1))
    image[2:4, 4:8, 0] = [1, 3, 4, 2]
    return make_sample(image)


def test_maps_move_along_by_columns_and_what_sees_all_stays_the_same(network, blob):
    findings = Shift(4).find(network, Subject(blob))
    assert findings.labels == ("conv1", "maxpool1", "global_maxpool1", "dense1", "logits")
    moved, same = (dict(zip(findings.labels, findings.values[:, i], strict=True)) for i in (0, 1))
    assert moved["conv1"] == pytest.approx([0, 1, 2, 3, 4], abs=0.1)
    assert moved["maxpool1"][[0, 2, 4]] == pytest.approx([0, 2, 4], abs=0.3)
    assert np.isnan(moved["dense1"]).all() and np.isnan(moved["logits"]).all()
    # Of 1 3 4 2 moved by a column: (1*3 + 3*4 + 4*2) / (1 + 9 + 16 + 4), by 4 nothing is left.
    assert same["conv1"][[0, 1, 4]] == pytest.approx([1, 23 / 30, 0])
    assert same["global_maxpool1"].tolist() == [1] * 5
    assert (same["maxpool1"] >= same["conv1"]).all()
    assert findings.figures["same"].tolist() == findings.values[:, 1, 4].tolist()
    assert findings.figures["jump"][:2].tolist() == [1, 2]


def test_what_becomes_of_the_answer_is_told(network, blob):
    findings = Shift(2).find(network, Subject(blob))
    assert (findings.output, findings.answers.tolist()) == ("b", [4, 4, 4])
    assert findings.largest == ("b", "b", "b")
    (*_, last) = findings.list_records()
    assert (last["layer"], last["output"]) == ("logits", "b")
    assert Shift(2).find(network, Subject(blob, output="a")).answers.tolist() == [0, 0, 0]


def test_a_layer_alone_is_looked_at_where_it_is_named(network, blob):
    findings = Shift(2).find(network, Subject(blob, layer="relu1"))
    assert (findings.layer, findings.labels) == ("relu1", ("relu1", "logits"))


def test_a_signal_is_moved_along_its_length(make_network, make_sample):
    trained = make_network("conv(1, 1) >> global_avgpool >> dense(2)", (40, 1))
    trained.model.weights["conv1/weight"][:] = 1
    sample = make_sample(np.random.default_rng(0).standard_normal((40, 1)))
    findings = Shift(3).find(trained, Subject(sample))
    assert findings.values[0, 0] == pytest.approx([0, 1, 2, 3], abs=0.2)


def test_dead_maps_do_not_move_and_stay_as_they_are(make_network, blob):
    findings = Shift(2).find(make_network(TEXT, (6, 16, 1)), Subject(blob))
    assert findings.values[:2].tolist() == [[[0, 0, 0], [1, 1, 1]]] * 2


def test_a_shift_out_of_sight_is_refused(network, blob):
    with pytest.raises(UsageError) as error:
        Shift(16).find(network, Subject(blob))
    said = "shift(16) moves all of the image, which is 16 wide, out of sight; give shift(4)"
    assert str(error.value) == said
    with pytest.raises(UsageError, match="no layer 'conv2'"):
        Shift(2).find(network, Subject(blob, layer="conv2"))
