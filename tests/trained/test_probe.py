import numpy as np
import pytest

from cnncli.engine import Weights
from cnncli.errors import UsageError
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.trained.probe import Probe

BRANCHES = "conv(4, 3) >> bn >> tanh >> (conv(3, 3, pad=1) + conv(3, 1)) >> avgpool(2) >> dense(3)"
MAPS = "conv(4, 3, pad=1) >> tanh >> conv(2, 1)"


def open_probe(text, shape=(6, 8, 2), threads=1):
    graph = build_graph(parse(text), shape)
    weights = Weights(graph)
    weights.initialize("glorot", 0)
    return Probe(graph, weights, threads)


@pytest.fixture
def inputs():
    return np.random.default_rng(1).normal(size=(3, 6, 8, 2)).astype(np.float32)


def central_differences(function, x, step=1e-2):
    """Return d function / dx of one input, one element after the other."""
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        change = np.zeros_like(x)
        change[place] = step
        gradient[place] = (function(x + change) - function(x - change)) / (2 * step)
    return gradient


def test_gradients_of_an_output_are_its_central_differences(inputs):
    probe = open_probe(BRANCHES)

    found = probe.differentiate(inputs, np.array([1, 0, 1]), ["input"], "true")["input"]

    for x, output, gradient in zip(inputs, (1, 0, 1), found, strict=True):

        def logit(x, output=output):
            return probe.run(x[None], [])["logits"][0, output].astype(np.float64)

        assert gradient == pytest.approx(central_differences(logit, x), abs=2e-3)


def test_an_output_of_every_pixel_is_summed_over_them(inputs):
    probe = open_probe(MAPS)

    found = probe.differentiate(inputs, np.array([1, 1, 1]), ["input"], "true")["input"]

    def total(x):
        return probe.run(x[None], [])["logits"][0, ..., 1].astype(np.float64).sum()

    assert found[0] == pytest.approx(central_differences(total, inputs[0]), abs=5e-3)


def test_gradients_have_the_shapes_of_the_values(inputs):
    found = open_probe(BRANCHES).differentiate(inputs, None, ["conv1", "tanh1", "input"], "true")

    shapes = {name: gradient.shape for name, gradient in found.items()}
    assert shapes == {"conv1": (3, 4, 6, 4), "tanh1": (3, 4, 6, 4), "input": (3, 6, 8, 2)}


def test_without_a_name_it_is_the_largest_output_of_each_input(inputs):
    probe = open_probe(BRANCHES)
    largest = probe.run(inputs, [])["logits"].argmax(axis=1)

    default = probe.differentiate(inputs, None, ["input"], "true")["input"]
    named = probe.differentiate(inputs, largest, ["input"], "true")["input"]

    assert (default == named).all()


def test_neither_batches_nor_threads_change_a_value(inputs):
    many = np.concatenate([inputs + place for place in range(30)])
    found = open_probe(BRANCHES).run(many, ["conv1"])
    other = open_probe(BRANCHES, threads=2)

    for row in (0, 1, 63, 64, 89):
        single = other.run(many[row : row + 1], ["conv1"])
        for name, values in found.items():
            assert (single[name][0] == values[row]).all()


def test_neither_batches_nor_threads_change_a_gradient(inputs):
    many = np.concatenate([inputs] * 30)
    outputs = np.arange(90) % 3
    found = open_probe(BRANCHES).differentiate(many, outputs, ["input", "conv1"], "true")
    other = open_probe(BRANCHES, threads=2)

    for row in (0, 1, 63, 64, 89):
        single = other.differentiate(many[row : row + 1], outputs[row : row + 1], found, "true")
        for name, gradient in found.items():
            assert (single[name][0] == gradient[row]).all()


def test_a_gradient_can_pass_relus_in_other_ways(inputs):
    probe = open_probe("conv(4, 3) >> relu >> dense(3)")

    true, guided, deconv = (
        probe.differentiate(inputs, None, ["conv1"], relu)["conv1"]
        for relu in ("true", "guided", "deconv")
    )

    assert (guided == np.maximum(true, 0)).all()
    assert (deconv != true).any() and deconv.min() >= 0


def test_there_is_no_gradient_of_a_layer_that_is_not(inputs):
    with pytest.raises(UsageError, match=r"no layer 'conv9'; .* there are input, conv1, tanh1"):
        open_probe(MAPS).differentiate(inputs, None, ["conv9"], "true")
