import numpy as np
import pytest

from cnncli.tasks import Classification
from cnncli.tasks.metrics import calibration_error, probabilities, wilson_interval

# four images, three classes: right, right, wrong (1 taken for 0), right
LOGITS = np.log(
    np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.5, 0.4, 0.1], [0.8, 0.1, 0.1]], np.float32)
)
LABELS = np.array([0, 1, 1, 0])
ABC = Classification(("a", "b", "c"))
judge = ABC.judge


def test_probabilities_are_the_softmax():
    assert probabilities(LOGITS) == pytest.approx(np.exp(LOGITS), abs=1e-7)


def test_probabilities_of_huge_logits_are_finite():
    assert probabilities(np.array([[1e30, 0, -1e30]], np.float32)).tolist() == [[1, 0, 0]]


def test_probabilities_of_a_row_do_not_depend_on_its_company():
    logits = np.random.default_rng(0).normal(size=(37, 11)).astype(np.float32) * 5
    together = probabilities(logits)
    for row in range(37):
        assert (probabilities(logits[row : row + 1]) == together[row]).all()


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
    for name in ("label", "predicted", "confidence", "loss", "rank"):
        assert (getattr(joined, name) == getattr(whole, name)).all()


def test_wilson_interval_matches_published_values():
    # Newcombe 1998, table I: 81 of 263, and 0 of 20
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_wilson_interval_stays_within_one():
    low, high = wilson_interval(5, 5)
    assert 0 < low < high == 1


def test_calibration_error_weighs_each_bin_by_its_images():
    # two bins: confidence 0.95 with 2 of 4 right, confidence 0.55 with 1 of 1 right
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55])
    correct = np.array([True, True, False, False, True])
    expected = 4 / 5 * abs(0.95 - 0.5) + 1 / 5 * abs(0.55 - 1)
    assert calibration_error(confidence, correct) == pytest.approx(expected)


def test_calibration_error_of_a_perfect_network_is_zero():
    assert calibration_error(np.ones(3), np.ones(3, bool)) == 0


def test_figures_by_hand():
    found = ABC.figures(judge(LOGITS, LABELS))
    assert found["images"] == 4
    assert found["accuracy"] == 0.75
    assert found["accuracy_interval"] == pytest.approx([0.3006, 0.9544], abs=5e-5)
    assert found["top5_accuracy"] == 1
    assert found["loss"] == pytest.approx(-np.log([0.7, 0.6, 0.4, 0.8]).mean(), abs=1e-6)
    assert found["balanced_accuracy"] == 0.75
    assert found["confusion"] == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert found["classes"][0] == {
        "name": "a", "precision": 2 / 3, "recall": 1, "f1": 0.8, "support": 2
    }  # fmt: skip


def test_a_class_never_seen_and_never_predicted_has_no_shares():
    found = ABC.figures(judge(LOGITS, LABELS))
    assert found["classes"][2] == {
        "name": "c", "precision": None, "recall": None, "f1": None, "support": 0
    }  # fmt: skip


def test_top5_accuracy_counts_the_five_likeliest():
    logits = -np.arange(7, dtype=np.float32)[None].repeat(7, 0)
    assert (
        Classification(tuple("abcdefg")).figures(judge(logits, np.arange(7)))["top5_accuracy"]
        == 5 / 7
    )
