"""Gradients of predictions, and of inner values, held to a float64 twin."""

import numpy as np
import pytest
from reference_network import Network

from cnncli.engine import Plan, Weights
from cnncli.errors import UsageError
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse

NETWORKS = {
    "chain": (
        "conv(6,3,pad=1) >> bn >> relu >> maxpool >> conv(5,3) >> relu >> dropout(0.4)"
        " >> dense(9) >> relu >> dense(4) >> softmax",
        (9, 8, 3),
    ),
    "residual": (
        "block = (conv(6,3,pad=1,bias=no) >> bn >> relu >> conv(6,3,pad=1,bias=no) >> bn) + id"
        " >> relu\n"
        "conv(6,3,pad=1) >> bn >> relu >> block >> block >> avgpool(2) >> bn >> relu"
        " >> global_avgpool >> dense(4)",
        (8, 8, 2),
    ),
    "branches": (
        "conv(6,3,pad=1) >> relu >> (id | maxpool(3,1,1) >> conv(4,1) >> bn >> relu | avgpool(3,1,"
        "same)) >> conv(8,3,2,1,groups=2) >> relu >> (id * (conv(8,1) >> sigmoid)) >> dense(4)",
        (7, 6, 2),
    ),
    "hourglass": (
        "conv(6,3,pad=1) >> relu >> (id | (maxpool >> conv(8,3,pad=1) >> relu >> deconv(5,2,2)"
        " >> relu)) >> depthwise(3,pad=1) >> bn >> leaky_relu(0.1) >> conv(3,1) >> relu",
        (6, 8, 2),
    ),
    "winograd": (
        "conv(36,3,pad=1) >> relu >> (conv(36,3,pad=1) >> bn) + id >> relu >> maxpool"
        " >> conv(40,3,pad=1) >> relu >> dense(4)",
        (8, 8, 32),
    ),
    "reflected": (
        "conv(6,3,pad=1,fill=reflect) >> relu >> depthwise(3,pad=1,fill=edge) >> relu"
        " >> bn >> relu >> dense(4)",
        (6, 7, 3),
    ),
}
BATCH = 4


def make_network(name):
    text, shape = NETWORKS[name]
    graph = build_graph(parse(text), shape)
    weights = Weights(graph)
    weights.initialize(seed=2)
    numbers = np.random.default_rng(3)
    for full, array in weights.arrays.items():
        if full.endswith("running_var"):
            array[:] = numbers.uniform(0.5, 2, array.size)
        elif full.endswith(("running_mean", "bias")):
            array[:] = numbers.standard_normal(array.size) / 4
    images = numbers.standard_normal((BATCH, *shape)).astype(np.float32)
    return graph, weights, images


def draw_gradient(shape):
    """Return a gradient of the logits."""
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


def differentiate(graph, weights, images, names, **options):
    """Return the logits and the named gradients of a prediction."""
    threads = options.pop("threads", 1)
    plan = Plan(graph, weights, Setup(len(images), threads), gradients=names, **options)
    plan.input[:] = images
    plan.forward(len(images))
    logits = plan.output.copy()
    plan.output_gradient[:] = draw_gradient(plan.output.shape)
    plan.backward(len(images))
    return logits, {name: plan.gradient_of(name).copy() for name in names}


def list_values(graph):
    """Return the names of all values but that of a softmax at the end."""
    names = ["input", *(node.name for node in graph.nodes)]
    return [name for name in names if not name.startswith("softmax")]


def assert_alike(gradient, expected, name=""):
    assert expected.any(), f"{name}: a test on zeros proves nothing"
    assert np.abs(gradient - expected).max() <= 2e-5 * np.abs(expected).max(), name


@pytest.mark.parametrize("name", NETWORKS)
def test_the_twin_itself_has_the_slopes_of_central_differences(name):
    graph, weights, images = make_network(name)
    twin = Network(graph, weights)
    dy = draw_gradient(twin.forward(images).shape).astype(np.float64)
    twin.backward(dy)
    direction = np.random.default_rng(6).standard_normal(images.shape)
    ends = [
        (twin_logits(graph, weights, images + sign * 1e-6 * direction) * dy).sum()
        for sign in (1, -1)
    ]
    slope = float((twin.gradients["input"] * direction).sum())
    assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)


def twin_logits(graph, weights, images):
    return Network(graph, weights).forward(images)


@pytest.mark.parametrize("rule", ["true", "guided", "deconv"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_of_the_input_of_a_prediction_equals_the_twins(name, rule):
    graph, weights, images = make_network(name)
    logits, gradients = differentiate(graph, weights, images, ["input"], relu_gradient=rule)
    twin = Network(graph, weights, rule)
    expected = twin.forward(images)
    twin.backward(draw_gradient(logits.shape))
    assert_alike(logits, expected)
    assert_alike(gradients["input"], twin.gradients["input"])


@pytest.mark.parametrize("rule", ["true", "guided", "deconv"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_of_every_value_asked_for_alone_equals_the_twins(name, rule):
    graph, weights, images = make_network(name)
    twin = Network(graph, weights, rule)
    twin.forward(images)
    for value in list_values(graph):
        logits, gradients = differentiate(graph, weights, images, [value], relu_gradient=rule)
        twin.backward(draw_gradient(logits.shape))
        assert_alike(gradients[value], twin.gradients[value], value)


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_of_all_values_last_through_the_whole_backward_pass(name):
    graph, weights, images = make_network(name)
    names = list_values(graph)
    logits, gradients = differentiate(graph, weights, images, names)
    twin = Network(graph, weights)
    twin.forward(images)
    twin.backward(draw_gradient(logits.shape))
    for value in names:
        assert_alike(gradients[value], twin.gradients[value], value)


@pytest.mark.parametrize("rule", ["true", "guided", "deconv"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_plan_that_ends_with_a_layer_has_its_answers_and_carries_their_gradient_back(name, rule):
    graph, weights, images = make_network(name)
    twin = Network(graph, weights, rule)
    twin.forward(images)
    for value in list_values(graph)[1:]:
        answers, gradients = differentiate(
            graph, weights, images, ["input"], relu_gradient=rule, end=value
        )
        twin.backward(draw_gradient(answers.shape), of=value)
        assert_alike(answers, twin.values[value], value)
        assert_alike(gradients["input"], twin.gradients["input"], value)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_plan_that_ends_with_the_last_layer_is_that_of_the_whole_network(name):
    graph, weights, images = make_network(name)
    whole, _ = differentiate(graph, weights, images, ["input"])
    ended, _ = differentiate(graph, weights, images, ["input"], end=list_values(graph)[-1])
    assert ended.tobytes() == whole.tobytes()


def test_what_comes_behind_the_end_of_a_plan_is_not_run():
    graph, weights, _ = make_network("branches")
    plan = Plan(graph, weights, Setup(BATCH), end="relu2")
    assert [step.name for step in plan.steps] == ["conv1+relu1", "maxpool1", "conv2+bn1+relu2"]


@pytest.mark.parametrize("name", NETWORKS)
def test_that_gradients_are_wanted_changes_no_bit_of_the_answers(name):
    graph, weights, images = make_network(name)
    plan = Plan(graph, weights, Setup(BATCH))
    plan.input[:] = images
    plan.forward(BATCH)
    for rule in ("true", "guided", "deconv"):
        logits, _ = differentiate(graph, weights, images, ["input"], relu_gradient=rule)
        assert logits.tobytes() == plan.output.tobytes()


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_the_same_bits_for_any_number_of_threads(name):
    graph, weights, images = make_network(name)
    ends = [
        differentiate(graph, weights, images, ["input"], threads=threads)[1]["input"].tobytes()
        for threads in (1, 2, 3)
    ]
    assert ends[0] == ends[1] == ends[2]


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_depend_on_nothing_left_in_memory(name):
    graph, weights, images = make_network(name)
    names, ends = ["input", graph.nodes[0].name], []
    for rubbish in (0.0, np.nan):
        plan = Plan(graph, weights, Setup(BATCH), gradients=names)
        plan._memory[:] = rubbish
        plan.refresh()
        plan.input[:] = images
        plan.forward(BATCH)
        plan.output_gradient[:] = draw_gradient(plan.output.shape)
        plan.backward(BATCH)
        ends.append([plan.gradient_of(value).tobytes() for value in names])
    assert ends[0] == ends[1]


def test_a_prediction_moves_no_running_statistic_and_gives_no_weight_a_gradient():
    graph, weights, images = make_network("chain")
    before = {name: array.copy() for name, array in weights.arrays.items()}
    plan = Plan(graph, weights, Setup(BATCH), gradients=("input",))
    assert not hasattr(plan, "gradient")
    differentiate(graph, weights, images, ["input"])
    for name, array in weights.arrays.items():
        assert np.array_equal(array, before[name]), name


def test_new_weights_are_differentiated_after_a_refresh():
    graph, weights, images = make_network("winograd")
    plan = Plan(graph, weights, Setup(BATCH), gradients=("input",))
    weights.learned *= 1.5
    plan.refresh()
    plan.input[:] = images
    plan.forward(BATCH)
    plan.output_gradient[:] = draw_gradient(plan.output.shape)
    plan.backward(BATCH)
    _, expected = differentiate(graph, weights, images, ["input"])
    assert plan.gradient_of("input").tobytes() == expected["input"].tobytes()


def test_the_winograd_network_runs_winograds_algorithm():
    graph, weights, _ = make_network("winograd")
    plan = Plan(graph, weights, Setup(BATCH), gradients=("input",))
    assert sum(name.startswith("prepared") for name in plan.layout.buffers) == 3


def test_only_as_much_is_computed_as_the_values_asked_for_need():
    graph, weights, _ = make_network("chain")
    plan = Plan(graph, weights, Setup(BATCH), gradients=("conv2",))
    passes = [step.name for step in plan.steps if step.backward is not None]
    assert passes == ["relu2", "dense1+relu3", "dense2"]


def test_the_answers_of_what_is_differentiated_are_kept():
    graph, weights, images = make_network("chain")
    plan = Plan(graph, weights, Setup(BATCH), gradients=("conv2",))
    plan.input[:] = images
    plan.forward(BATCH)
    plan.output_gradient[:] = 1
    plan.backward(BATCH)
    twin = Network(graph, weights)
    twin.forward(images)
    assert_alike(plan.value("conv2"), twin.values["conv2"])


@pytest.mark.parametrize("value", ["conv9", "softmax1", ""])
def test_a_value_without_a_gradient_is_refused(value):
    graph, weights, _ = make_network("chain")
    with pytest.raises(UsageError, match="there is no gradient of"):
        Plan(graph, weights, Setup(1), gradients=(value,))


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_of_values_change_no_bit_of_a_training(name):
    graph, weights, images = make_network(name)
    labels = np.zeros((BATCH, *graph.output_shape[:-1]), np.int32)
    names, ends = ["input", graph.nodes[0].name], []
    for gradients in ((), names):
        plan = Plan(graph, weights, Setup(BATCH, mode="train"), keep=names, gradients=gradients)
        plan.input[:] = images
        plan.train_step(labels, BATCH)
        ends.append(plan.gradient.tobytes())
    assert ends[0] == ends[1]


def test_a_training_gives_the_gradient_of_its_input_by_the_statistics_of_the_batch():
    text = "conv(6,3) >> bn >> tanh >> (avgpool | conv(5,2,2) >> bn) >> elu >> dense(4)"
    graph = build_graph(parse(text), (8, 8, 2))
    weights = Weights(graph)
    weights.initialize(seed=1)
    numbers = np.random.default_rng(4)
    images = numbers.standard_normal((BATCH, 8, 8, 2)).astype(np.float32)
    labels, direction = np.arange(BATCH, dtype=np.int32), numbers.standard_normal(images.shape)
    plan = Plan(graph, weights, Setup(BATCH, mode="train"), gradients=("input",))

    def loss(moved):
        plan.input[:] = moved
        plan.forward(BATCH)
        return plan.loss(labels, BATCH)

    plan.input[:] = images
    plan.train_step(labels, BATCH)
    slope = float((plan.gradient_of("input") * direction).sum())
    ends = [loss(images + sign * 3e-3 * direction) for sign in (1, -1)]
    assert slope == pytest.approx((ends[0] - ends[1]) / 6e-3, rel=5e-3)
