import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.inspection.base import Subject
from cnncli.inspection.methods.activations import Activations, read_maps

IMAGE = np.arange(12, dtype=np.float32).reshape(3, 4, 1)


@pytest.fixture
def sample(make_sample):
    return make_sample(IMAGE)


@pytest.fixture
def make_scaling(make_network):
    """Return what opens a network whose first two maps are the image times these factors."""

    def make(factors, text="conv(2, 1) >> relu >> dense(2)"):
        trained = make_network(text, IMAGE.shape)
        trained.model.weights["conv1/weight"][:, 0, 0, 0] = factors
        return trained

    return make


def test_maps_are_the_channels_of_a_layers_output(make_scaling, sample):
    maps = read_maps(make_scaling([2.0, -1.0]), sample, ["conv1", "relu1"])

    assert (maps["conv1"] == [IMAGE[..., 0] * 2, -IMAGE[..., 0]]).all()
    assert (maps["relu1"][1] == 0).all()


def test_the_units_of_a_vector_are_maps_of_one_pixel(make_scaling, sample):
    trained = make_scaling([1.0, 1.0])
    trained.model.weights["dense1/bias"][:] = [5.0, 7.0]

    assert read_maps(trained, sample, ["dense1"])["dense1"].tolist() == [[[5.0]], [[7.0]]]


def test_the_last_softmax_can_be_looked_at(make_network, sample):
    trained = make_network("dense(4) >> softmax", IMAGE.shape)

    assert read_maps(trained, sample, ["softmax1"])["softmax1"].ravel().tolist() == [0.25] * 4


def test_the_maps_of_a_signal_are_single_rows(make_network, make_sample):
    trained = make_network("conv(2, 3)", (9, 1))

    maps = read_maps(trained, make_sample(np.ones((9, 1))), ["conv1"])["conv1"]

    assert maps.shape == (2, 1, 7)


def test_without_a_name_it_is_the_activation_of_the_first_filters(make_scaling, sample):
    findings = Activations().find(make_scaling([2.0, -1.0]), Subject(sample))

    assert findings.layer == "relu1"
    assert findings.figures["max"].tolist() == [22.0, 0.0]
    assert findings.figures["zeros"].tolist() == [np.float32(1 / 12), 1.0]
    assert findings.figures["dead"].tolist() == [False, True]


def test_a_layer_named_is_shown_as_it_is_but_dead_where_nothing_gets_behind_its_activation(
    make_scaling, sample
):
    findings = Activations().find(make_scaling([2.0, -1.0]), Subject(sample, layer="conv1"))

    assert findings.layer == "conv1"
    assert findings.figures["min"].tolist() == [0.0, -11.0]
    assert findings.figures["zeros"].tolist() == [np.float32(1 / 12)] * 2
    assert findings.figures["dead"].tolist() == [False, True]


def test_any_layer_can_be_looked_at(make_scaling, sample):
    trained = make_scaling([1.0, 1.0], "conv(2, 1) >> maxpool(2) >> dense(2)")

    assert (
        Activations().find(trained, Subject(sample, layer="maxpool1")).values.tolist()
        == [[[5.0, 7.0]]] * 2
    )


def test_a_network_without_filters_is_looked_at_from_its_first_layer(make_network, sample):
    trained = make_network("maxpool(2) >> relu", IMAGE.shape)

    assert Activations().find(trained, Subject(sample)).layer == "maxpool1"


def test_a_wrong_name_is_answered_with_the_layers_there_are(make_scaling, sample):
    with pytest.raises(UsageError, match="did you mean relu1\\? there is conv1, relu1, dense1"):
        Activations().find(make_scaling([1.0, 1.0]), Subject(sample, layer="relu"))


def test_the_place_of_a_maximum_is_known_in_the_map_and_in_the_sample(make_network, make_sample):
    trained = make_network("conv(2, 3, pad=1) >> relu >> maxpool(2) >> dense(2)", (8, 8, 1))
    trained.model.weights["conv1/weight"][:, 0, 1, 1] = (1, -1)
    image = np.zeros((8, 8, 1), np.float32)
    image[5, 2], image[0, 7] = 3.0, -2.0

    findings = Activations().find(trained, Subject(make_sample(image), layer="maxpool1"))

    assert findings.figures["at"].tolist() == [[2, 1], [0, 3]]
    assert findings.figures["field"].tolist() == [[3, 1, 7, 5], [0, 5, 3, 8]]
    assert [places.tolist() for places in findings.centers] == [[0.5, 2.5, 4.5, 6.5]] * 2
