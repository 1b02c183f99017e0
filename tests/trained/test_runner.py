from functools import partial

import pytest

from cnncli.errors import UsageError
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


def test_tiles_are_refused_where_there_are_no_masks(open_network):
    with pytest.raises(UsageError, match="tile is for networks that make masks; leave it out"):
        open_network(tile=(64, 64))
