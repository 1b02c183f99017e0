import math

import numpy as np
import pytest

from cnncli.engine import Weights
from cnncli.errors import ModelFileError
from cnncli.graph import build_graph
from cnncli.notation import parse

TEXT = (
    "conv(40,3,bias=no) >> bn >> relu >> deconv(30,2,2) >> tanh >> dense(50) >> relu >> dense(20)"
)


def make_weights(text=TEXT, **options):
    weights = Weights(build_graph(parse(text), (8, 8, 30)))
    weights.initialize(**options)
    return weights


def test_weights_come_back_from_the_shapes_of_the_model_file():
    weights, other = make_weights(seed=1), make_weights(seed=2)
    other.load(weights.dump())
    for name, array in weights.arrays.items():
        assert np.array_equal(array, other.arrays[name]), name


def test_weights_have_the_shapes_other_tools_expect():
    shapes = {name: array.shape for name, array in make_weights().dump().items()}
    assert shapes["conv1/weight"] == (40, 30, 3, 3)
    assert shapes["deconv1/weight"] == (40, 30, 2, 2)
    assert shapes["dense1/weight"] == (50, 12 * 12 * 30)
    assert shapes["bn1/running_var"] == (40,)


def test_what_decays_stands_first():
    weights = make_weights()
    for name, offset in weights.offsets.items():
        assert (offset < weights.decaying) == name.endswith("/weight") or name == "bn1/weight"
    assert weights.offsets["bn1/weight"] >= weights.decaying


@pytest.mark.parametrize(
    ("method", "variance"),
    [
        ("he", 2 / 270),
        ("lecun", 1 / 270),
        ("glorot", 2 / (270 + 360)),
        ("normal", 1e-4),
    ],
)
def test_initial_weights_have_the_published_variance(method, variance):
    weight = make_weights(method=method).dump()["conv1/weight"]
    assert weight.var() == pytest.approx(variance, rel=0.05)
    assert abs(weight.mean()) < 4 * math.sqrt(variance / weight.size)


def test_by_identity_the_first_filters_pass_on_a_channel_each_and_all_others_are_drawn():
    graph = build_graph(parse("conv(5, 3) >> dense(4)"), (6, 6, 3))
    weights = Weights(graph)
    weights.initialize("identity")
    filters = weights.dump()["conv1/weight"]
    expected = np.zeros((3, 3, 3, 3))
    expected[[0, 1, 2], [0, 1, 2], 1, 1] = 1
    np.testing.assert_array_equal(filters[:3], expected)
    assert 0 < np.abs(filters[3:]).max() <= 1 / math.sqrt(27)
    assert 0.9 / math.sqrt(80) < np.abs(weights.dump()["dense1/weight"]).max() <= 1 / math.sqrt(80)


def test_each_layer_is_initialized_for_the_activation_behind_it():
    arrays = make_weights().dump()
    assert arrays["conv1/weight"].var() == pytest.approx(2 / 270, rel=0.05)  # relu, behind bn
    assert np.abs(arrays["deconv1/weight"]).max() <= math.sqrt(6 / (160 + 120))  # tanh
    assert np.abs(arrays["dense2/weight"]).max() <= math.sqrt(6 / 70)  # nothing: glorot
    assert arrays["dense1/weight"].var() == pytest.approx(2 / 4320, rel=0.05)  # relu


def test_biases_start_at_zero_and_bn_as_the_identity():
    arrays = make_weights().dump()
    assert not arrays["dense1/bias"].any() and not arrays["bn1/running_mean"].any()
    assert (arrays["bn1/weight"] == 1).all() and (arrays["bn1/running_var"] == 1).all()


def test_the_seed_and_the_name_decide_and_nothing_else():
    assert np.array_equal(make_weights(seed=4).learned, make_weights(seed=4).learned)
    assert not np.array_equal(make_weights(seed=4).learned, make_weights(seed=5).learned)
    longer = make_weights(TEXT + " >> relu >> dense(5)", seed=4)
    assert np.array_equal(
        make_weights(seed=4).arrays["conv1/weight"], longer.arrays["conv1/weight"]
    )


def test_layers_of_one_shape_begin_with_numbers_of_their_own():
    arrays = make_weights("dense(20) >> dense(20) >> dense(20)").dump()
    assert not np.array_equal(arrays["dense2/weight"], arrays["dense3/weight"])


def test_weights_of_another_network_are_refused():
    arrays = make_weights().dump()
    del arrays["bn1/bias"]
    with pytest.raises(ModelFileError, match="bn1/bias: missing"):
        make_weights().load(arrays)
    arrays = make_weights().dump()
    arrays["dense2/weight"] = arrays["dense2/weight"].T
    with pytest.raises(ModelFileError, match="dense2/weight: of another shape"):
        make_weights().load(arrays)
