from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import cnncli.trained.runner
from cnncli.engine import Weights
from cnncli.engine.copies import make_copies
from cnncli.errors import UsageError
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.tasks import Segmentation
from cnncli.trained.runner import judge_all, open_runner


@pytest.fixture
def open_network(network, preprocessing):
    """Open a runner of the network with these settings."""
    return partial(open_runner, *network, preprocessing)


@pytest.fixture
def runner(open_network):
    return open_network()


def test_answers_are_the_logits_of_each_sample(runner, images):
    logits = runner.answer(list(images.values[:3])).copy()

    assert logits.shape == (3, 3)
    for sample, row in zip(images.values, logits, strict=False):
        assert (runner.answer([sample])[0] == row).all()


def test_no_samples_have_no_answers(runner):
    assert len(runner.answer([])) == 0


@pytest.mark.parametrize("settings", [{"batch_size": 1}, {"batch_size": 4}, {"threads": 2}])
def test_judging_depends_neither_on_batches_nor_on_threads(
    runner, open_network, images, task, settings
):
    other = open_network(**settings)

    assert (judge_all(runner, images, task).loss == judge_all(other, images, task).loss).all()


def test_a_set_is_judged_in_its_order(runner, images, task):
    judged = judge_all(runner, images, task)

    assert judged.label.tolist() == [0, 1, 2] * 3
    predicted = [int(runner.answer([sample])[0].argmax()) for sample in images.values]
    assert judged.predicted.tolist() == predicted


def test_changed_weights_count_after_refresh_alone(runner, open_network, network, images, task):
    _, weights = network
    before = judge_all(runner, images, task).loss
    weights.of("bn1")["weight"][:] *= 3

    stale = judge_all(runner, images, task).loss
    runner.refresh()
    fresh = judge_all(runner, images, task).loss

    assert (stale == before).all()
    assert (fresh != before).any()
    assert (fresh == judge_all(open_network(), images, task).loss).all()


def test_layers_that_are_kept_can_be_read(open_network, images):
    runner = open_network(keep=["relu1"])
    runner.answer(list(images.values[:2]))

    kept = runner.value("relu1")[:2]
    assert kept.shape == (2, 6, 8, 4)
    assert kept.min() == 0 < kept.max()


@pytest.mark.parametrize("settings", [{"batch_size": 1}, {"batch_size": 4}, {"threads": 2}])
def test_means_over_copies_depend_neither_on_batches_nor_on_threads(
    open_network, images, task, settings
):
    judged = judge_all(open_network(copies=make_copies([1])), images, task)
    other = judge_all(open_network(copies=make_copies([1]), **settings), images, task)

    assert judged.logits.tobytes() == other.logits.tobytes()


def test_a_mean_over_copies_is_that_of_their_logits(open_network, images):
    copies = make_copies([0])
    answer = open_network().answer
    logits = [copy.weight * answer(list(copy.make(images.values[:3]))) for copy in copies]

    assert np.allclose(open_network(copies=copies).answer(list(images.values[:3])), sum(logits))


def test_layers_have_no_mean_over_copies(open_network):
    with pytest.raises(UsageError, match="tta is for answers, not for layers; leave it out"):
        open_network(keep=["relu1"], copies=make_copies([]))


def test_tiles_are_refused_where_there_are_no_masks(open_network):
    with pytest.raises(UsageError, match="tile is for networks that make masks; leave it out"):
        open_network(tile=(64, 64))


@pytest.fixture
def open_map_network(preprocessing):
    """Open a runner of a network that answers for every pixel, with these settings."""
    graph = build_graph(parse("conv(3, 3, pad=same) >> bn >> relu >> conv(2, 1)"), (8, 10, 1))
    weights = Weights(graph)
    weights.initialize("he", 0)
    return partial(open_runner, graph, weights, replace(preprocessing, resize="none"))


@pytest.mark.parametrize("shape", [(8, 10, 1), (5, 7, 1), (40, 33, 1)])
def test_every_pixel_of_an_image_of_any_size_gets_its_likeliest_class(open_map_network, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)

    runner = open_map_network()
    (classes,) = runner.answer([pixels])
    (tiled,) = open_map_network(tile=(8, 8)).answer([pixels])

    assert set(np.unique(classes)) == {0, 1}
    assert (classes == runner.tiled(pixels, runner.normalize).argmax(-1)).all()
    assert (classes == tiled).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_pixel_whose_logits_are_not_finite_has_no_class(open_map_network, bad):
    open_map_network.args[1].of("conv2")["bias"][1] = bad

    (classes,) = open_map_network().answer([np.zeros((8, 10, 1), np.uint8)])

    assert (classes == -1).all()


def test_one_size_and_any_size_are_refreshed_alike(open_map_network):
    pixels = np.arange(80, dtype=np.uint8).reshape(8, 10, 1)
    runner = open_map_network()
    before = runner.tiled(pixels, runner.normalize)
    weights = open_map_network.args[1]
    weights.of("bn1")["bias"][:] += 1

    stale = runner.tiled(pixels, runner.normalize)
    runner.refresh()
    fresh = runner.tiled(pixels, runner.normalize)

    assert (stale == before).all() and (fresh != before).any()


@pytest.mark.parametrize("most", [1, 50, 1 << 22])
def test_maps_are_judged_in_strips_as_at_once(open_map_network, monkeypatch, most):
    pixels = np.random.default_rng(0).integers(0, 256, (1, 20, 33, 1)).astype(np.uint8)
    targets = np.random.default_rng(1).integers(-1, 2, (1, 20, 33)).astype(np.int8)
    runner, task = open_map_network(tile=(8, 16)), Segmentation(("a", "b"))
    whole = task.judge(runner.tiled(pixels[0], runner.normalize)[None], targets)
    monkeypatch.setattr(cnncli.trained.runner, "MOST_JUDGED", most)

    (judged,) = runner.judge(SimpleNamespace(in_order=lambda _: [(pixels, targets)]), task)

    assert (judged.confusion == whole.confusion).all()
    assert judged.loss == pytest.approx(whole.loss, rel=1e-12)


@pytest.mark.parametrize("settings", [{"batch_size": 2}, {"latency": True}, {"keep": ["relu1"]}])
def test_what_masks_have_no_use_for_is_refused(open_map_network, settings):
    with pytest.raises(UsageError, match="is not for masks; leave it out"):
        open_map_network(**settings)
