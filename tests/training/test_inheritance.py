"""What a training takes over from a trained network, and what it holds still."""

import hashlib

import numpy as np
import pytest
from stripes import TASK, striped_data

from cnncli.data.drawn_filters import DrawnFilters
from cnncli.engine import Weights
from cnncli.errors import UsageError
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.tasks import Classification
from cnncli.trained.model import load
from cnncli.training.inheritance import inherit_drawn, inherit_weights, refuse_frozen_new
from cnncli.training.loop import Training
from cnncli.training.run import train
from cnncli.training.settings import choose_settings

TEXT = "conv(4, 3) >> bn >> relu >> conv(6, 3) >> relu >> dense(2)"
OTHERS = Classification(("cat", "dog"))


def network(text=TEXT, shape=(8, 8, 1)):
    return build_graph(parse(text), shape)


@pytest.fixture
def trained(tmp_path):
    """A network that has learned for an epoch."""
    graph, data = network(), striped_data()
    settings = choose_settings({"epochs": 1, "batch_size": 8}, graph, TASK, 40)
    list(train(str(tmp_path / "m.npz"), data, graph, settings))
    return load(tmp_path / "m.npz")


def test_everything_is_taken_over_for_the_same_outputs(trained):
    inherited = inherit_weights(trained, network(), TASK)
    assert dict(inherited.weights) == trained.model.weights
    assert inherited.new == inherited.misfits == inherited.head == ()


def test_the_head_is_new_for_other_outputs_of_the_same_number(trained):
    inherited = inherit_weights(trained, network(), OTHERS)
    assert set(trained.model.weights) - set(inherited.weights) == {"dense1/weight", "dense1/bias"}
    assert inherited.new == inherited.head == ("dense1",)


def test_what_does_not_agree_in_shape_or_name_is_named(trained):
    other = network("conv(4, 3) >> bn >> relu >> conv(5, 3) >> conv(6, 3) >> dense(2)")
    inherited = inherit_weights(trained, other, TASK)
    assert inherited.misfits == (
        "conv2/weight (5x4x3x3, there 6x4x3x3)",
        "conv2/bias (5, there 6)",
        "conv3/weight (6x5x3x3, there missing)",
        "conv3/bias (6, there missing)",
        "dense1/weight (2x24, there 2x96)",
    )
    assert inherited.new == ("conv2", "conv3", "dense1")


def test_a_network_of_which_nothing_agrees_is_refused(trained):
    with pytest.raises(UsageError, match="init_from: no parameter agrees in name and shape"):
        inherit_weights(trained, network("depthwise(3) >> dense(3)"), OTHERS)


def test_the_digest_is_that_of_the_file(trained, tmp_path):
    expected = hashlib.sha256((tmp_path / "m.npz").read_bytes()).hexdigest()
    assert inherit_weights(trained, network(), TASK).sha256 == expected


def test_layers_that_would_stay_as_they_are_drawn_are_not_frozen(trained):
    inherited = inherit_weights(trained, network(), OTHERS)
    refuse_frozen_new(network(), "features", inherited.new)
    with pytest.raises(UsageError, match="nothing is taken over for dense1, which would never"):
        refuse_frozen_new(network(), "conv1, dense1", inherited.new)


def test_what_is_frozen_is_the_same_in_the_model_after_a_training(trained, tmp_path):
    inherited = inherit_weights(trained, network(), OTHERS).weights
    given = {"epochs": 2, "batch_size": 8, "freeze": "conv1, bn1"}
    settings = choose_settings(given, network(), TASK, 40)
    list(train(str(tmp_path / "f.npz"), striped_data(), network(), settings, inherited=inherited))
    after = load(tmp_path / "f.npz").model.weights
    same = {name for name, array in after.items() if np.array_equal(array, inherited.get(name))}
    assert same == {
        "conv1/weight", "conv1/bias", "bn1/weight", "bn1/bias", "bn1/running_mean",
        "bn1/running_var",
    }  # fmt: skip


def test_a_state_that_is_restored_replaces_the_frozen_weights_too(trained):
    given = {"epochs": 2, "batch_size": 8, "freeze": "conv1, bn1"}
    settings = choose_settings(given, network(), TASK, 40)
    whole = Training(
        striped_data(), network(), settings, inherit_weights(trained, network(), TASK).weights
    )
    events = whole.run()
    for _ in range(7):
        next(events)
    state = whole.state.copy()
    list(events)
    resumed = Training(striped_data(), network(), settings)
    resumed.restore(state)
    list(resumed.run())
    for name, array in whole.weights.arrays.items():
        assert np.array_equal(array, resumed.weights.arrays[name]), name


def draw(count=2, channels=1, rows=3, columns=3):
    size = (count, channels, rows, columns)
    return DrawnFilters(("a", "b"), np.arange(np.prod(size), dtype=np.float32).reshape(size))


def test_drawn_filters_are_the_first_of_the_first_conv_and_the_others_as_without_them():
    graph, drawn = network("relu >> conv(4, 3) >> relu >> conv(6, 3) >> dense(2)"), draw()

    inherited = inherit_drawn(drawn, graph, None, 7)

    usual = Weights(graph)
    usual.initialize(None, 7)
    assert list(inherited.weights) == ["conv1/weight"]
    assert (inherited.weights["conv1/weight"][:2] == drawn.weights).all()
    assert (inherited.weights["conv1/weight"][2:] == usual.dump()["conv1/weight"][2:]).all()
    assert inherited.new == ("conv2", "dense1")


def test_a_gray_filter_is_a_third_in_each_color():
    weights = inherit_drawn(draw(), network(shape=(8, 8, 3)), None, 0).weights["conv1/weight"]

    assert weights[:2].sum(axis=1, keepdims=True) == pytest.approx(draw().weights, rel=1e-6)
    assert (weights[:2, 0] == weights[:2, 2]).all()


@pytest.mark.parametrize(
    ("drawn", "text", "message"),
    [
        (draw(rows=5, columns=7), TEXT, "2 filters of 5x7x1 do not fit conv1, whose 4 are 3x3x1; "
         "give arch a network that begins with conv(2, 5x7)"),
        (draw(5), TEXT, "5 filters of 3x3x1 do not fit conv1, whose 4 are 3x3x1; give arch a "
         "network that begins with conv(5, 3)"),
        (draw(channels=3), TEXT, "2 filters of 3x3x3 do not fit conv1, whose 4 are 3x3x1"),
        (draw(), "dense(2)", "the network has no conv for drawn filters"),
    ],
)  # fmt: skip
def test_drawn_filters_that_do_not_fit_are_refused(drawn, text, message):
    with pytest.raises(UsageError) as caught:
        inherit_drawn(drawn, network(text), None, 0)

    assert message in str(caught.value)
