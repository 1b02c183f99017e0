import json

import numpy as np
import pytest

from cnncli.errors import ArchitectureError, DataError, ModelFileError
from cnncli.graph import build_graph
from cnncli.losses.huber import Huber
from cnncli.losses.squared_error import SquaredError
from cnncli.notation import parse
from cnncli.samples import Samples
from cnncli.tasks import Regression, read_task

MSE = SquaredError()
NUMBERS = np.array([[1.0, 100.0], [2.0, 300.0], [6.0, 200.0]])


def samples(numbers=NUMBERS, columns=("mass", "size"), labels=()):
    names = tuple(f"{i}.png" for i in range(len(labels or numbers)))
    return Samples("list.csv", names, names, labels, columns=columns, numbers=numbers)


def fitted(loss=MSE):
    return Regression.learn(samples(), loss).learn_from_training(samples())


def test_targets_are_standardized_by_the_part_that_is_trained_on():
    task = fitted()
    assert task.mean == (3.0, 200.0)
    assert task.deviation == pytest.approx((np.std([1, 2, 6]), np.std([100, 300, 200])))
    targets = task.make_targets(samples())
    assert targets.dtype == np.float32
    assert np.allclose(targets.mean(0), 0, atol=1e-7)
    assert np.allclose(targets.std(0), 1, atol=1e-6)
    assert task.make_targets(samples(NUMBERS[:1])) == pytest.approx(targets[:1])


def test_numbers_are_matched_by_name():
    turned = samples(NUMBERS[:, ::-1].copy(), ("size", "mass"))
    assert np.array_equal(fitted().make_targets(turned), fitted().make_targets(samples()))


def test_a_missing_number_is_an_error_that_names_it():
    with pytest.raises(DataError, match=r"list\.csv: has mass, not size; give the numbers their"):
        fitted().make_targets(samples(NUMBERS[:, :1], ("mass",)))


def test_large_numbers_that_differ_by_little_are_told_apart():
    large = samples(np.array([[1_000_000_003.0], [1_000_000_016.0]]), ("mass",))
    task = Regression.learn(large, MSE).learn_from_training(large)
    record = task.answer(task.make_targets(large)[1], None, None)
    assert record["values"] == {"mass": 1_000_000_016.0}
    assert task.words.describe_answer(record) == "1000000016 mass"


def test_masks_are_no_numbers():
    masked = Samples("set", ("0.png",), ("0.png",), ())
    with pytest.raises(DataError, match="set: has masks, not numbers"):
        fitted().make_targets(masked)


def test_a_number_that_is_always_the_same_cannot_be_learned():
    same = samples(np.array([[1.0, 5.0], [2.0, 5.0]]))
    with pytest.raises(DataError, match="size is 5 for every image to train on"):
        Regression.learn(same, SquaredError()).learn_from_training(same)


def test_labels_that_are_numbers_can_be_learned_as_such():
    found = samples(None, ("label",), ("1", "3.5"))
    task = Regression.learn(found, SquaredError()).learn_from_training(found)
    assert task.outputs == ("label",)
    assert task.mean == (2.25,)


@pytest.mark.parametrize("label", ["cat", "nan", "", "1e999"])
def test_a_label_that_is_no_number_is_an_error_that_names_the_image(label):
    found = samples(None, ("label",), ("1", label))
    with pytest.raises(DataError, match=r"1\.png has the label .* which is no number"):
        Regression.learn(found, SquaredError()).learn_from_training(found)


def test_answers_and_figures_are_in_the_units_of_the_data():
    task = fitted()
    outputs = task.make_targets(samples())
    judged = task.judge(outputs + np.float32([0.5, 0]) / np.float32(task.deviation), outputs)
    found = task.compute_figures(judged)
    assert found["numbers"][0]["mae"] == pytest.approx(0.5, rel=1e-5)
    assert found["numbers"][0]["r2"] == pytest.approx(1 - 3 * 0.25 / 14, rel=1e-5)
    assert found["numbers"][1]["r2"] == pytest.approx(1)
    assert found["r2"] == pytest.approx(1 - 3 * 0.25 / 28, rel=1e-5)
    assert found["mae"] == pytest.approx(0.25, rel=1e-4)
    answer = task.answer(outputs[1], None, None)["values"]
    assert answer == {"mass": pytest.approx(2), "size": pytest.approx(300)}
    assert task.words.describe_answer({"values": answer}) == "2 mass, 300 size"


def test_the_loss_of_a_validation_is_the_one_trained_with():
    task, numbers = fitted(Huber(0.1)), np.random.default_rng(0)
    outputs, targets = numbers.standard_normal((2, 5, 2)).astype(np.float32)
    found = task.monitor(task.judge(outputs, targets))
    assert list(found) == list(task.monitors)
    assert found["val_loss"] == pytest.approx(Huber(0.1).measure(outputs, targets).mean())


@pytest.mark.parametrize("last", ["relu", "sigmoid", "tanh", "softmax"])
def test_a_last_layer_that_bounds_the_answers_is_refused(last):
    with pytest.raises(ArchitectureError, match=f"ends in {last}, but it cannot reach every"):
        fitted().check(build_graph(parse(f"dense(2) >> {last}"), (3, 3, 1)))


def test_the_task_comes_back_from_the_manifest():
    task = fitted(Huber(0.5))
    value = json.loads(json.dumps(task.to_manifest()))
    assert read_task(list(task.outputs), value) == task


@pytest.mark.parametrize(
    "change",
    [
        {"mean": [1.0]},
        {"mean": "ab"},
        {"deviation": [1.0, 0.0]},
        {"deviation": [1.0, True]},
        {"loss": "bce"},
        {"loss": "x"},
        {"name": "y"},
        {"name": "classify"},
        {"more": 1},
    ],
)
def test_a_manifest_that_describes_no_such_task_is_refused(change):
    with pytest.raises(ModelFileError):
        read_task(["mass", "size"], {**fitted().to_manifest(), **change})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_figures_of_an_answer_that_is_not_finite_are_none(bad):
    task = fitted()
    outputs, targets = np.zeros((3, 2), np.float32), np.eye(3, 2, dtype=np.float32)
    outputs[1, 0] = bad
    judged = task.judge(outputs, targets)
    found = task.compute_figures(judged)
    assert judged.failed.tolist() == [False, True, False]
    assert (found["numbers"][0]["mae"], found["numbers"][0]["r2"]) == (None, None)
    assert found["numbers"][1]["mae"] is not None
    assert found["loss"] is None
    assert not np.isfinite(task.monitor(judged)["val_loss"])
    assert list(task.words.summarize(found))


@pytest.mark.parametrize(
    ("mean", "deviation", "value"),
    [(7.0, 1e-99, 7.0), (1e99, 1e99, 2e99), (-1e99, 1e-99, -1e99), (1e-99, 1e-99, 2e-99)],
)
def test_extreme_means_and_deviations_are_restored_and_written(mean, deviation, value):
    task = Regression(("mass",), MSE, (mean,), (deviation,))
    record = task.answer(np.ones(1, np.float32), None, None)
    assert record["values"]["mass"] == pytest.approx(value, rel=1e-4)
    assert float(task.words.describe_answer(record).split()[0]) == pytest.approx(value, rel=1e-3)


@pytest.mark.parametrize(
    "change",
    [{"mean": [10**400, 0]}, {"mean": [0, -1e300]}, {"deviation": [1, 1e300]},
     {"deviation": [1e-300, 1]}, {"deviation": [1e308 * 10, 1]}],
)  # fmt: skip
def test_means_and_deviations_that_would_overflow_are_refused(change):
    with pytest.raises(ModelFileError, match="does not say what its numbers are"):
        read_task(["mass", "size"], fitted().to_manifest() | change)


@pytest.mark.parametrize("unit", [1e200, 1e-200, 1e-110])
def test_numbers_too_large_or_too_small_to_compute_with_are_refused(unit):
    data = samples(unit * np.array([[1.0], [2], [4]]), ("mass",))
    with pytest.raises(DataError, match="too large or too small to compute with"):
        Regression.learn(data, MSE).learn_from_training(data)


def test_a_target_is_read_as_the_numbers_it_was_made_of():
    task = fitted()
    read = task.read_target(task.make_targets(samples())[1])
    assert read == pytest.approx({"mass": 2.0, "size": 300.0}, rel=1e-6)
