import json

import numpy as np
import pytest

from cnncli.errors import ArchitectureError, DataError, ModelFileError
from cnncli.graph import build_graph
from cnncli.losses.binary_cross_entropy import BinaryCrossEntropy
from cnncli.notation import parse
from cnncli.samples import Samples
from cnncli.tasks import MultiLabel, read_task


def samples(*labels):
    names = tuple(f"{i}.png" for i in range(len(labels)))
    return Samples("list.csv", names, names, labels)


def learned(*labels):
    return MultiLabel.learn(samples(*labels), BinaryCrossEntropy())


def logits(chances):
    chances = np.array(chances)
    return np.log(chances / (1 - chances)).astype(np.float32)


TASK = learned("dog|cat", "", "emu")
TRUTH = np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0]], np.float32)
CHANCES = [[0.9, 0.2, 0.1], [0.3, 0.4, 0.2], [0.6, 0.7, 0.8]]


def test_labels_are_in_the_byte_order_of_their_names():
    assert TASK.outputs == ("cat", "dog", "emu")
    assert TASK.thresholds == (0.5,) * 3


def test_targets_are_one_for_each_label_an_image_has():
    found = TASK.make_targets(samples("emu|cat", "", "dog"))
    assert found.dtype == np.float32
    assert found.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_spaces_around_a_label_are_not_part_of_it():
    assert np.array_equal(
        TASK.make_targets(samples("emu | cat")), TASK.make_targets(samples("emu|cat"))
    )


def test_an_unknown_label_is_an_error_that_names_it():
    with pytest.raises(DataError, match=r"label yak not among the 3 known ones \(cat, dog, emu\)"):
        TASK.make_targets(samples("cat|yak"))


def test_an_empty_label_among_others_is_an_error():
    with pytest.raises(DataError, match=r"1\.png has an empty label among others"):
        learned("cat", "cat||dog")


def test_images_without_any_label_teach_nothing():
    with pytest.raises(DataError, match="no image has a label"):
        learned("", "")


def test_figures_by_hand():
    found = TASK.compute_figures(TASK.judge(logits(CHANCES), TRUTH))
    cat, dog, emu = found["labels"]
    assert (cat["average_precision"], cat["f1"], cat["support"]) == (1, 1, 2)
    assert (dog["average_precision"], dog["precision"], dog["recall"]) == (1, 1, 1)
    assert (emu["average_precision"], emu["precision"], emu["recall"]) == (None, 0, None)
    assert found["map"] == 1
    assert found["exact_match"] == pytest.approx(2 / 3)
    assert (found["precision"], found["recall"]) == (3 / 4, 1)
    assert found["f1"] == pytest.approx(6 / 7)


def test_thresholds_are_those_of_best_f1_in_the_validation():
    task = TASK.learn_from_validation(TASK.judge(logits(CHANCES), TRUTH))
    assert task.thresholds == pytest.approx((0.45, 0.55, 0.5), abs=1e-6)


def test_an_answer_names_what_is_above_its_threshold_the_likeliest_first():
    task = MultiLabel(TASK.outputs, thresholds=(0.5, 0.8, 0.1))
    answer = task.answer(logits([0.6, 0.7, 0.8]), None, None)
    assert [one["label"] for one in answer["labels"]] == ["emu", "cat"]
    assert task.words.describe_answer(answer) == "0.80 emu, 0.60 cat"
    assert task.words.fill_row(answer, None)[0] == "emu|cat"
    assert task.words.describe_answer(task.answer(logits([0.1, 0.1, 0.05]), None, None)) == "none"


def test_a_probability_at_the_threshold_is_enough():
    halves = np.zeros(3, np.float32)
    assert [given["label"] for given in TASK.answer(halves, None, None)["labels"]] == [
        "cat",
        "dog",
        "emu",
    ]
    figures = TASK.compute_figures(TASK.judge(halves[None], np.ones((1, 3), np.float32)))
    assert figures["recall"] == 1


def test_confidence_and_number_of_labels_can_be_bounded():
    answer = TASK.answer(logits([0.6, 0.3, 0.8]), 1, None)
    assert [one["label"] for one in answer["labels"]] == ["emu"]
    answer = TASK.answer(logits([0.6, 0.3, 0.8]), None, 0.25)
    assert [one["label"] for one in answer["labels"]] == ["emu", "cat", "dog"]


def test_a_sigmoid_at_the_end_is_refused():
    with pytest.raises(ArchitectureError, match="ends in sigmoid, but a sigmoid follows by itself"):
        TASK.check(build_graph(parse("dense(3) >> sigmoid"), (3, 3, 1)))


def test_the_task_comes_back_from_the_manifest():
    task = MultiLabel(TASK.outputs, thresholds=(0.5, 0.25, 0.125))
    value = json.loads(json.dumps(task.to_manifest()))
    assert read_task(list(task.outputs), value) == task


@pytest.mark.parametrize(
    "change",
    [
        {"thresholds": [0.5]},
        {"thresholds": [0.5, 2.0, 0.5]},
        {"loss": "mse"},
        {"more": 1},
        {"name": []},
    ],
)
def test_a_manifest_that_describes_no_such_task_is_refused(change):
    with pytest.raises(ModelFileError):
        read_task(list(TASK.outputs), {**TASK.to_manifest(), **change})


def test_equally_likely_labels_are_named_in_their_order():
    answer = TASK.answer(np.full(3, 2, np.float32), None, None)
    assert [given["label"] for given in answer["labels"]] == ["cat", "dog", "emu"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", range(3))
def test_an_answer_that_is_not_finite_is_never_right(bad, row):
    outputs = logits([[0.9, 0.1, 0.1], [0.1, 0.1, 0.1], [0.9, 0.9, 0.1]])
    perfect = TASK.compute_figures(TASK.judge(outputs, TRUTH))
    outputs[row, 1] = bad
    judged = TASK.judge(outputs, TRUTH)
    found = TASK.compute_figures(judged)
    assert judged.failed.tolist() == [i == row for i in range(3)]
    assert perfect["exact_match"] == 1
    assert found["exact_match"] == pytest.approx(2 / 3)
    assert found["map"] < perfect["map"]
    assert found["loss"] is None
    assert all(0 <= value <= 1 for value in TASK.learn_from_validation(judged).thresholds)
    assert TASK.words.tabulate(judged)[1][row][1] == ""
    assert list(TASK.words.summarize(found))


def test_the_targets_of_labels_can_be_mixed_as_they_are():
    targets = np.array([[1, 0], [1, 1]], np.float32)
    assert MultiLabel(("a", "b")).make_shares(targets) is targets


@pytest.mark.parametrize("factor", [0.5, 1, 3])
def test_calibration_finds_the_temperature_that_the_logits_were_multiplied_by(factor):
    numbers = np.random.default_rng(0)
    true_logits = numbers.standard_normal((8000, 3)).astype(np.float32) * 2
    chances = 1 / (1 + np.exp(-true_logits))
    targets = (numbers.random((8000, 3)) < chances).astype(np.float32)
    judged = TASK.judge(true_logits * np.float32(factor), targets)
    temperature, calibrated = TASK.calibrate(judged)
    assert temperature == pytest.approx(factor, rel=0.05)
    assert calibrated.chance == pytest.approx(chances, abs=0.02)
    before, after = (TASK.compute_figures(each)["ece"] for each in (judged, calibrated))
    assert after < 0.02
    assert factor == 1 or before > 2 * after


def test_too_few_samples_and_answers_that_are_not_finite_change_no_confidence():
    few = TASK.judge(np.ones((19, 3), np.float32), np.ones((19, 3), np.float32))
    assert TASK.calibrate(few) == (1.0, few)
    outputs = np.ones((30, 3), np.float32)
    outputs[4, 1] = np.nan
    broken = TASK.judge(outputs, np.ones((30, 3), np.float32))
    assert TASK.calibrate(broken) == (1.0, broken)


def test_the_calibration_error_is_that_of_the_likelier_of_yes_and_no():
    judged = TASK.judge(logits([[0.9, 0.2, 0.6]]), np.array([[1, 0, 0]], np.float32))
    assert judged.confidence == pytest.approx(np.array([[0.9, 0.8, 0.6]]))
    assert judged.right.tolist() == [[True, True, False]]
    assert TASK.compute_figures(judged)["ece"] == pytest.approx((0.1 + 0.2 + 0.6) / 3)


def test_a_target_is_read_as_its_labels():
    assert MultiLabel(("a", "b")).read_target(np.array([0, 0.5], np.float32)) == {"b": 0.5}
