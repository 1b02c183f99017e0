import numpy as np
import pytest

from cnncli.data.batches.stream import Item
from cnncli.errors import DataError
from cnncli.trained.answers import answer_stream, make_record
from cnncli.trained.runner import open_runner


@pytest.fixture
def runner(network, preprocessing):
    return open_runner(*network, preprocessing, keep=["relu1"])


@pytest.fixture
def items(images):
    """Two samples with one between them that could not be read."""
    bad = Item("bad.png", None, DataError("truncated; replace it", place="bad.png"))
    return [Item("a.png", images.values[0]), bad, Item("b.png", images.values[1])]


def test_answers_come_in_order_with_errors_in_their_place(runner, items):
    answers = list(answer_stream(runner, [items[:2], items[2:]]))

    assert [answer.name for answer in answers] == ["a.png", "bad.png", "b.png"]
    assert [answer.error for answer in answers] == [None, "truncated; replace it", None]


def test_each_sample_gets_its_own_logits_and_features(runner, items):
    a, _, b = (
        None if answer.error else (answer.output.copy(), answer.features.copy())
        for answer in answer_stream(runner, [items], "relu1")
    )

    assert (a[0] != b[0]).any()
    assert (a[1] != b[1]).any()
    logits = runner.answer([items[2].values])
    assert (logits[0] == b[0]).all() and (runner.value("relu1")[0] == b[1]).all()


def test_the_error_of_another_place_names_it(runner):
    error = DataError("cannot be listed", place="folder/below")

    (answer,) = answer_stream(runner, [[Item("folder", None, error)]])

    assert answer.error == "folder/below: cannot be listed"


def test_a_record_has_the_path_and_the_answer_of_the_task(runner, items, task):
    good, bad, _ = answer_stream(runner, [items])

    record = make_record(good, task, 2, None)
    assert list(record) == ["path", "label", "confidence", "top"]
    assert (record["path"], len(record["top"])) == ("a.png", 2)
    assert make_record(bad, task, None, None) == {
        "path": "bad.png",
        "error": "truncated; replace it",
    }


def test_nothing_is_answered_before_it_is_asked_for(runner, items):
    def batches():
        yield items[:1]
        raise AssertionError("the second batch was not asked for")

    assert next(answer_stream(runner, batches())).name == "a.png"
    assert np.isfinite(runner.answer([items[0].values])).all()
