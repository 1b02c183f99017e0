import numpy as np
import pytest

from cnncli.samples import Samples
from cnncli.tasks import Classification
from cnncli.tasks.metrics import probabilities

# four images, three classes: right, right, wrong (1 taken for 0), right
LOGITS = np.log(
    np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.5, 0.4, 0.1], [0.8, 0.1, 0.1]], np.float32)
)
LABELS = np.array([0, 1, 1, 0])
ABC = Classification(("a", "b", "c"))
judge = ABC.judge


def test_classes_are_matched_by_name():
    names = ("0.png", "1.png", "2.png")
    targets = ABC.make_targets(Samples("list.csv", names, names, ("c", "b", "c")))
    assert targets.dtype == np.int32
    assert targets.tolist() == [2, 1, 2]


def test_judge_gives_prediction_confidence_loss_and_rank():
    judged = judge(LOGITS, LABELS)
    assert judged.predicted.tolist() == [0, 1, 0, 0]
    assert judged.confidence == pytest.approx([0.7, 0.6, 0.5, 0.8], abs=1e-6)
    assert judged.loss == pytest.approx(-np.log([0.7, 0.6, 0.4, 0.8]), abs=1e-6)
    assert judged.rank.tolist() == [0, 0, 1, 0]


def test_judge_counts_equals_before_the_true_class_as_likelier():
    assert judge(np.zeros((2, 3), np.float32), np.array([0, 2])).rank.tolist() == [0, 2]


def test_judge_keeps_the_loss_of_huge_logits_finite():
    assert judge(np.array([[1e4, -1e4]], np.float32), np.array([1])).loss == pytest.approx([2e4])


def test_joined_batches_equal_one_batch():
    joined = type(judge(LOGITS, LABELS)).join(
        [judge(LOGITS[:1], LABELS[:1]), judge(LOGITS[1:], LABELS[1:])]
    )
    whole = judge(LOGITS, LABELS)
    for name in ("label", "predicted", "confidence", "loss", "rank", "logits"):
        assert (getattr(joined, name) == getattr(whole, name)).all()


def test_figures_by_hand():
    found = ABC.compute_figures(judge(LOGITS, LABELS))
    assert found["images"] == 4
    assert found["accuracy"] == 0.75
    assert found["accuracy_interval"] == pytest.approx([0.3006, 0.9544], abs=5e-5)
    assert found["top5_accuracy"] is None
    assert found["loss"] == pytest.approx(-np.log([0.7, 0.6, 0.4, 0.8]).mean(), abs=1e-6)
    assert found["balanced_accuracy"] == 0.75
    assert found["confusion"] == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert found["classes"][0] == {
        "name": "a", "precision": 2 / 3, "recall": 1, "f1": 0.8, "support": 2
    }  # fmt: skip


def test_a_class_never_seen_and_never_predicted_has_no_shares():
    found = ABC.compute_figures(judge(LOGITS, LABELS))
    assert found["classes"][2] == {
        "name": "c", "precision": None, "recall": None, "f1": None, "support": 0
    }  # fmt: skip


def test_top5_accuracy_counts_the_five_likeliest():
    logits = -np.arange(7, dtype=np.float32)[None].repeat(7, 0)
    figures = Classification(tuple("abcdefg")).compute_figures(judge(logits, np.arange(7)))
    assert figures["top5_accuracy"] == 5 / 7


def test_of_equally_likely_classes_the_first_ones_are_named_in_their_order():
    equal = ABC.answer(np.zeros(3, np.float32), 3, None)
    assert [guess["label"] for guess in equal["top"]] == ["a", "b", "c"]
    last = ABC.answer(np.array([0, 1, 1], np.float32), 2, None)
    assert [guess["label"] for guess in last["top"]] == ["b", "c"]
    assert last["label"] == "b"


@pytest.mark.parametrize("factor", [0.1, 0.5, 1, 3])
def test_calibration_finds_the_temperature_that_the_logits_were_multiplied_by(factor):
    numbers = np.random.default_rng(0)
    logits = numbers.standard_normal((20000, 5)).astype(np.float32) * 2
    chances = probabilities(logits)
    labels = (chances.cumsum(axis=1) < numbers.random((20000, 1))).sum(axis=1).astype(np.int32)
    task = Classification(tuple("abcde"))
    temperature, calibrated = task.calibrate(task.judge(logits * np.float32(factor), labels))
    assert temperature == pytest.approx(factor, rel=0.03)
    assert calibrated.confidence == pytest.approx(chances.max(axis=1), abs=0.02)
    assert (calibrated.predicted == chances.argmax(axis=1)).all()


def test_calibration_does_not_trust_a_few_right_answers():
    logits = np.array([[9, 0]] * 20, np.float32)
    _, calibrated = Classification(("a", "b")).calibrate(judge(logits, np.zeros(20, np.int32)))
    assert calibrated.confidence == pytest.approx([21 / 22] * 20, abs=1e-6)


def test_too_few_samples_change_no_confidence():
    judged = judge(np.zeros((19, 3), np.float32), np.zeros(19, np.int32))
    assert ABC.calibrate(judged) == (1.0, judged)


def test_calibration_of_equal_logits_stays_within_its_bounds():
    temperature, _ = ABC.calibrate(judge(np.zeros((30, 3), np.float32), np.zeros(30, np.int32)))
    assert temperature == pytest.approx(1 / 16)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("bad", [[NAN, NAN, NAN], [INF, 0, 0], [9, -INF, 0], [NAN, 9, 0]])
@pytest.mark.parametrize("true", [0, 1, 2])
def test_an_answer_that_is_not_finite_is_never_right(bad, true):
    logits = np.array([[5, 0, 0], bad], np.float32)
    judged = judge(logits, np.array([0, true]))
    found = ABC.compute_figures(judged)
    assert judged.failed.tolist() == [False, True]
    assert found["accuracy"] == 0.5
    assert np.sum(found["confusion"]) == 1
    assert sum(row["support"] for row in found["classes"]) == 2
    assert 0 <= found["ece"] < 1
    assert ABC.monitor(judged)["val_accuracy"] == 0.5
    predicted = ABC.words.tabulate(judged)[1][1][1]
    assert predicted == ""
    assert list(ABC.words.summarize(found))


def test_a_sample_is_wholly_of_its_class_before_it_is_mixed():
    shares = ABC.make_shares(np.array([2, 0], np.int32))
    assert shares.dtype == np.float32
    assert shares.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_a_target_is_read_as_its_class_or_as_the_shares_of_several():
    assert ABC.read_target(np.int32(1)) == {"b": 1.0}
    assert ABC.read_target(np.array([0.25, 0, 0.75], np.float32)) == {"a": 0.25, "c": 0.75}
