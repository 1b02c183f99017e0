from itertools import islice

import numpy as np
import pytest
from stripes import TASK, striped_data

from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.training.beginning import begin_weights
from cnncli.training.settings import choose_settings

DEEP = "conv(2, 3, bias=no) >> relu >> whiten >> relu >> dense(2)"


def begin(text, *, data=None, inherited=None, **given):
    data = data or striped_data()
    graph = build_graph(parse(text), (8, 8, 1))
    settings = choose_settings({"batch_size": 8, **given}, graph, TASK, len(data.train))
    return begin_weights(graph, data.train, settings, inherited).dump()


def assert_filters_are(filters, expected):
    """Compare up to the signs, which an eigenvector may have either way."""
    signs = np.sign((filters * expected).sum(axis=(1, 2, 3), keepdims=True))
    np.testing.assert_allclose(signs * filters, expected, rtol=1e-4, atol=1e-5)


def test_weights_are_drawn_by_the_seed():
    first, again, other = (begin("conv(3, 3) >> relu >> dense(2)", seed=i) for i in (0, 0, 1))
    assert np.array_equal(first["conv1/weight"], again["conv1/weight"])
    assert not np.array_equal(first["conv1/weight"], other["conv1/weight"])


def test_what_is_inherited_is_neither_drawn_nor_fitted_to_the_samples():
    text = "whiten >> conv(3, 3) >> relu >> dense(2)"
    drawn = begin(text)
    inherited = {name: drawn[name] + 1 for name in ("whiten1/weight", "conv1/weight")}
    for name, array in begin(text, inherited=inherited).items():
        assert np.array_equal(array, {**drawn, **inherited}[name]), name


def test_a_layer_that_fits_its_samples_gets_its_filters_from_them():
    data = striped_data()
    filters = begin("whiten >> relu >> dense(2)", data=data)["whiten1/weight"]
    (batch,) = data.train.batches(40, seed=0).epoch(0)
    assert_filters_are(filters, parse("whiten").layer.fit([batch.inputs])["weight"])


def test_a_layer_inside_of_the_network_is_fitted_to_what_reaches_it():
    weights = begin(DEEP, init="he")
    unlike = begin(DEEP.replace("relu >> whiten", "tanh >> whiten"), init="he")
    assert np.array_equal(weights["conv1/weight"], unlike["conv1/weight"])
    assert not np.allclose(weights["whiten1/weight"], unlike["whiten1/weight"])


@pytest.mark.parametrize("text", ["whiten >> relu >> dense(2)", DEEP])
def test_fitted_filters_do_not_depend_on_the_number_of_threads(text):
    first, second = (begin(text, threads=threads) for threads in (1, 4))
    assert np.array_equal(first["whiten1/weight"], second["whiten1/weight"])


def test_the_first_two_thousand_samples_of_the_first_epoch_are_fitted_to():
    data = striped_data(train=2600)
    filters = begin("whiten >> relu >> dense(2)", data=data, batch_size=1000)["whiten1/weight"]
    epoch = data.train.batches(1000, seed=0).epoch(0)
    expected = parse("whiten").layer.fit(batch.inputs.copy() for batch in islice(epoch, 2))
    assert_filters_are(filters, expected["weight"])
