"""A neuron's arithmetic is that of the engine, whatever the layer."""

import numpy as np
import pytest

from cnncli.errors import UsageError
from cnncli.inspection.neuron import take_apart

ANSWER = " >> global_avgpool >> dense(2)"
LAYERS = [
    ("conv(4, 3)", (6, 7, 3)),
    ("conv(4, 3x5, 2x1, same)", (7, 9, 5)),
    ("conv(4, 3, 2, 1, reflect)", (8, 7, 4)),
    ("conv(3, 5, pad=2, fill=edge)", (6, 5, 2)),
    ("conv(3, 3, pad=2, dilation=2, bias=no)", (9, 8, 2)),
    ("conv(12, 3, pad=1, groups=3)", (6, 6, 6)),
    ("conv(5, 1)", (4, 4, 34)),
    ("conv(4, 4, pad=causal, dilation=2)", (30, 8)),
    ("depthwise(3, 2, 1)", (7, 7, 5)),
    ("depthwise(3x1, pad=1x0, fill=reflect)", (5, 6, 3)),
    ("deconv(4, 3, 2, same)", (3, 5, 2)),
    ("deconv(6, 3, 2, dilation=2, groups=2)", (4, 4, 4)),
    ("deconv(3, 4, 2, 1)", (6, 2)),
    ("whiten(3)", (7, 7, 2)),
    ("maxpool(3, 2, 1)", (7, 8, 4)),
    ("maxpool(2x3, ceil=yes)", (7, 7, 5)),
    ("avgpool(3, 2, 1, ceil=yes)", (8, 8, 4)),
    ("l2pool(3, 2)", (11, 2)),
    ("global_avgpool", (5, 4, 3)),
    ("global_maxpool", (9, 3)),
    ("dense(6)", (3, 4, 5)),
    ("flatten >> dense(6)", (3, 4, 5)),
    ("dense(6)", (20,)),
]


@pytest.fixture
def open_network(make_network, make_sample):
    """Return what makes a network with random weights, and a random sample for it."""

    def open_network(text, shape):
        numbers = np.random.default_rng(0)
        trained = make_network(text, shape)
        for name, array in trained.model.weights.items():
            array[:] = numbers.uniform(0.5, 1.5, array.shape)
            if not name.endswith("var"):
                array *= numbers.choice([-1, 1], array.shape)
        return trained, make_sample(numbers.standard_normal(shape))

    return open_network


@pytest.mark.parametrize(("text", "shape"), LAYERS)
def test_the_sum_of_products_and_bias_is_what_the_engine_answers(text, shape, open_network):
    name = text.rpartition(">> ")[2].partition("(")[0] + "1"
    ending = " >> dense(2)" if "dense" in text or len(shape) == 1 else ANSWER
    trained, sample = open_network(text + ending, shape)
    answers = trained.run(sample.input, keep=[name])[name]
    for place in np.ndindex(answers.shape):
        *position, channel = place
        neuron = take_apart(trained, sample, name, [channel, *position])
        products = neuron.products
        bias = neuron.bias or 0.0
        rounding = (products.size + 1) * 2**-24 * (abs(bias) + np.abs(products).sum())
        assert neuron.output == answers[place]
        assert abs(neuron.sum + bias - neuron.output) <= rounding, place


def test_by_winograds_algorithm_the_answer_differs_by_its_rounding(open_network):
    trained, sample = open_network("conv(64, 3, pad=1)" + ANSWER, (16, 16, 64))
    for row in (0, 7, 15):
        neuron = take_apart(trained, sample, "conv1", [5, row, 8])
        size = abs(neuron.bias) + np.abs(neuron.products).sum()
        assert abs(neuron.sum + neuron.bias - neuron.output) <= 1e-6 * size


def test_a_window_reads_the_numbers_it_says(make_network, make_sample):
    trained = make_network("conv(2, 3, 2, pad=1)" + ANSWER, (6, 6, 1))
    trained.model.weights["conv1/weight"][1] = np.arange(9).reshape(3, 3)
    image = np.arange(36.0).reshape(6, 6, 1)
    neuron = take_apart(trained, make_sample(image), "conv1", [1, 0, 1])
    assert neuron.window.rows == (-1, 0, 1)
    assert neuron.window.columns == (1, 2, 3)
    assert neuron.window.patch.tolist() == [[[0, 0, 0], [1, 2, 3], [7, 8, 9]]]
    assert neuron.products.tolist() == [[[0, 0, 0], [3, 8, 15], [42, 56, 72]]]
    assert (neuron.sum, neuron.bias, neuron.output) == (196, 0, 196)
    assert (neuron.field.rows, neuron.field.columns) == (range(2), range(1, 4))


def test_the_weights_of_a_pool_are_its_gradient(make_network, make_sample):
    image = np.array([[1.0, 4], [3, 2]]).reshape(2, 2, 1)
    for kind, weights in (
        ("maxpool", [[0, 1], [0, 0]]),
        ("avgpool", [[0.25, 0.25], [0.25, 0.25]]),
    ):
        trained = make_network(f"{kind} >> dense(2)", (2, 2, 1))
        neuron = take_apart(trained, make_sample(image), f"{kind}1", [0, 0, 0])
        assert neuron.window.weights.tolist() == [weights]


def test_a_group_reads_its_own_channels_and_a_depthwise_filter_its_own(open_network):
    trained, sample = open_network("conv(12, 1, groups=3) >> depthwise(3)" + ANSWER, (4, 4, 6))
    assert take_apart(trained, sample, "conv1", [8, 0, 0]).window.channels == (4, 5)
    assert take_apart(trained, sample, "depthwise1", [8, 0, 0]).window.channels == (8,)


def test_what_bn_and_activation_make_of_it_and_who_reads_that_is_told(open_network):
    text = "conv(3, 3, bias=no) >> bn >> relu >> (conv(3, 3, pad=1) + id) >> maxpool" + ANSWER
    trained, sample = open_network(text, (8, 8, 1))
    neuron = take_apart(trained, sample, "conv1", [2, 4, 3])
    values = trained.run(sample.input, keep=["conv1", "bn1", "relu1"])
    assert neuron.bias is None
    assert neuron.activation == {name: values[name][4, 3, 2] for name in ("bn1", "relu1")}
    places = {reader.layer: (reader.area.rows, reader.area.columns) for reader in neuron.feeds}
    assert places == {"conv2": (range(3, 6), range(2, 5)), "add1": (range(4, 5), range(3, 4))}


def test_a_neuron_that_no_window_reaches_feeds_no_place(open_network):
    trained, sample = open_network("conv(2, 3, pad=1) >> maxpool" + ANSWER, (5, 5, 1))
    (reader,) = take_apart(trained, sample, "conv1", [0, 4, 0]).feeds
    assert not reader.area.rows
    assert reader.area.columns == range(1)


def test_the_last_neuron_answers_for_a_class(open_network):
    trained, sample = open_network("conv(2, 3) >> dense(2)", (5, 5, 1))
    neuron = take_apart(trained, sample, "dense1", [1])
    assert (neuron.name, neuron.answers, neuron.feeds) == ("dense1:1", "b", ())
    assert take_apart(trained, sample, "conv1", [1, 0, 0]).answers is None


def test_a_filter_alone_is_where_it_answers_most(open_network):
    trained, sample = open_network("conv(2, 3)" + ANSWER, (6, 5, 1))
    neuron = take_apart(trained, sample, "conv1", [1])
    answers = trained.run(sample.input, keep=["conv1"])["conv1"]
    assert neuron.output == answers[..., 1].max()
    assert neuron.at == divmod(answers[..., 1].argmax(), 3)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("relu1", "no layer 'relu1' with filters or windows; there is conv1, dense1"),
        ("conv9", "no layer 'conv9' with filters or windows; did you mean conv1?"),
    ],
)
def test_a_layer_that_multiplies_nothing_is_refused(layer, said, open_network):
    trained, sample = open_network("conv(2, 3) >> relu >> dense(2)", (6, 5, 1))
    with pytest.raises(UsageError) as error:
        take_apart(trained, sample, layer, [0, 0, 0])
    assert str(error.value).startswith(said)


def test_a_place_of_a_signal_is_a_filter_and_a_position(open_network):
    trained, sample = open_network("conv(2, 3)" + ANSWER, (9, 1))
    neuron = take_apart(trained, sample, "conv1", [1, 4])
    assert (neuron.name, neuron.field.columns) == ("conv1:1,4", range(4, 7))


def test_between_the_stamps_of_a_deconv_there_is_nothing_to_multiply(open_network):
    trained, sample = open_network("deconv(2, 1, 3)" + ANSWER, (4, 4, 1))
    neuron = take_apart(trained, sample, "deconv1", [1, 4, 6])
    assert (neuron.window.rows, neuron.window.columns) == ((-1,), (2,))
    assert (neuron.sum, neuron.output) == (0, neuron.bias)
    assert not neuron.field.rows
