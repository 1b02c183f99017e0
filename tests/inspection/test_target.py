import numpy as np
import pytest

from cnncli.errors import DataError, UsageError
from cnncli.inspection.base import Subject
from cnncli.inspection.target import Target, choose_output, choose_targets


@pytest.fixture
def trained(make_network):
    """A network with two filters, the image and its negative, and outputs 3 and the sum of both."""
    trained = make_network("conv(2, 1) >> relu >> dense(2)", (2, 3, 1))
    trained.model.weights["conv1/weight"][:, 0, 0, 0] = [1, -1]
    trained.model.weights["dense1/weight"][1] = 1
    trained.model.weights["dense1/bias"][0] = 3
    return trained


@pytest.mark.parametrize(("pixel", "largest"), [(0, "a"), (1, "b")])
def test_the_largest_output_is_explained_where_none_is_named(trained, make_sample, pixel, largest):
    sample = make_sample(np.full((2, 3, 1), pixel))

    assert choose_output(trained, Subject(sample)).label == largest
    assert choose_output(trained, Subject(sample, output="a")) == Target("a", 0)


def test_an_output_that_there_is_not_is_refused(trained, make_sample):
    with pytest.raises(UsageError, match="'c' is none of the classes; there are a, b"):
        choose_output(trained, Subject(make_sample(np.ones((2, 3, 1))), output="c"))


@pytest.mark.parametrize("layer", [None, "conv1"])
def test_an_answer_that_is_not_finite_is_not_explained(trained, make_sample, layer):
    sample = make_sample(np.full((2, 3, 1), np.inf))

    with pytest.raises(DataError, match="sample: the network's answer is not finite"):
        choose_targets(trained, Subject(sample, layer=layer))


def test_a_layer_is_explained_by_its_strongest_filter_or_those_named(trained, make_sample):
    sample = make_sample(np.array([[1, 2, 1], [1, 1, -3]])[..., None])

    assert choose_targets(trained, Subject(sample, layer="conv1")) == [
        Target("conv1:1", 1, "conv1")
    ]
    named = choose_targets(trained, Subject(sample, layer="conv1", filters=(1, 0)))
    assert [target.label for target in named] == ["conv1:1", "conv1:0"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"layer": "conv2"}, "no layer 'conv2' with an output; did you mean conv1"),
        ({"layer": "conv1", "filters": (2,)}, "filter 2: conv1 has 2 filters; give 0 to 1"),
        ({"filters": (0,)}, "filter: of which layer\\? give layer, too"),
        (
            {"layer": "conv1", "output": "a"},
            "class and layer: only one is explained; leave",
        ),
    ],
)
def test_a_target_that_there_is_not_is_refused(trained, make_sample, asked, message):
    with pytest.raises(UsageError, match=message):
        choose_targets(trained, Subject(make_sample(np.ones((2, 3, 1))), **asked))


def test_a_target_is_the_logit_or_the_largest_value_of_a_filters_map(trained):
    inputs = np.zeros((2, 2, 3, 1), np.float32)
    inputs[0, 0, 0], inputs[1, 1, 2], inputs[1, 0, 0] = 2, -5, 4

    assert Target("b", 1).measure(trained, inputs).tolist() == [2, 9]
    assert Target("conv1:1", 1, "conv1").measure(trained, inputs).tolist() == [0, 5]


def test_only_the_strongest_place_of_a_filter_has_a_gradient(trained):
    inputs = np.zeros((1, 2, 3, 1), np.float32)
    inputs[0, 1, 2], inputs[0, 0, 0] = -5, -4

    gradient = Target("conv1:1", 1, "conv1").differentiate(trained, inputs)

    assert gradient[0, ..., 0].tolist() == [[0, 0, 0], [0, 0, -1]]


def test_where_every_pixel_has_outputs_their_sum_is_the_target(make_network):
    trained = make_network("conv(2, 1)", (2, 3, 1))
    trained.model.weights["conv1/weight"][:, 0, 0, 0] = [1, 2]
    inputs = np.ones((1, 2, 3, 1), np.float32)

    assert Target("b", 1).measure(trained, inputs).tolist() == [12]
    assert (Target("b", 1).differentiate(trained, inputs) == 2).all()
