import math

import numpy as np
import pytest

from cnncli.tasks.metrics import (
    average_precision,
    calibration_error,
    find_best_threshold,
    measure_distances,
    probabilities,
    sigmoid,
    wilson_interval,
)


def test_sigmoid_of_huge_logits_is_exact():
    assert sigmoid(np.array([-1e30, 0, 1e30], np.float32)).tolist() == [0, 0.5, 1]


def test_distances_by_hand():
    found = measure_distances(np.array([1.0, 2.0, 6.0]), np.array([1.0, 3.0, 5.0]))
    assert found == {
        "mae": pytest.approx(2 / 3),
        "rmse": pytest.approx(math.sqrt(2 / 3)),
        "r2": pytest.approx(1 - 2 / 8),
        "mean": 3.0,
    }


def test_the_mean_as_answer_has_an_r2_of_zero_and_worse_ones_a_negative():
    truth = np.array([1.0, 2.0, 6.0])
    assert measure_distances(np.full(3, 3.0), truth)["r2"] == 0
    assert measure_distances(np.full(3, 9.0), truth)["r2"] < 0


def test_numbers_that_are_all_the_same_have_no_r2():
    assert measure_distances(np.array([1.0, 2.0]), np.array([0.1, 0.1]))["r2"] is None


def test_average_precision_matches_the_published_example():
    # scikit-learn's documentation of average_precision_score
    found = average_precision(np.array([False, False, True, True]), np.array([0.1, 0.4, 0.35, 0.8]))
    assert found == pytest.approx(0.8333333, abs=1e-6)


def test_average_precision_takes_equal_chances_together():
    assert average_precision(np.array([True, False, True, False]), np.full(4, 0.3)) == 0.5


def test_a_label_nobody_has_has_no_average_precision():
    assert average_precision(np.zeros(3, bool), np.array([0.1, 0.2, 0.3])) is None


def f1(truth, chance, threshold):
    given = chance >= threshold
    return 2 * (given & truth).sum() / (given.sum() + truth.sum())


@pytest.mark.parametrize("seed", range(20))
def test_no_threshold_has_a_better_f1(seed):
    numbers = np.random.default_rng(seed)
    truth, chance = numbers.random(25) < 0.4, numbers.random(25).round(1)
    truth[0] = True
    found = f1(truth, chance, find_best_threshold(truth, chance))
    assert found == max(f1(truth, chance, one) for one in np.linspace(0, 1, 101))


def test_a_threshold_lies_midway_between_what_it_separates():
    truth = np.array([True, True, False, False])
    assert find_best_threshold(truth, np.array([0.9, 0.8, 0.2, 0.1])) == pytest.approx(0.5)
    assert find_best_threshold(truth, np.array([0.2, 0.15, 0.05, 0.0])) == pytest.approx(0.1)


def test_a_label_nobody_has_keeps_the_threshold_of_one_half():
    assert find_best_threshold(np.zeros(3, bool), np.array([0.1, 0.2, 0.3])) == 0.5


def test_probabilities_are_the_softmax():
    logits = np.log(np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1]], np.float32))
    assert probabilities(logits) == pytest.approx(np.exp(logits), abs=1e-7)


def test_probabilities_of_huge_logits_are_finite():
    assert probabilities(np.array([[1e30, 0, -1e30]], np.float32)).tolist() == [[1, 0, 0]]


def test_probabilities_of_a_row_do_not_depend_on_its_company():
    logits = np.random.default_rng(0).normal(size=(37, 11)).astype(np.float32) * 5
    together = probabilities(logits)
    for row in range(37):
        assert (probabilities(logits[row : row + 1]) == together[row]).all()


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


def test_calibration_bins_are_closed_above():
    # Guo et al. 2017: bin m is the interval ((m-1)/M, m/M], so 3/15 belongs to those below it
    correct = np.array([False, True])
    assert calibration_error(np.array([0.2, 0.19]), correct) == pytest.approx(abs(0.39 - 1) / 2)
    assert calibration_error(np.array([0.2, 0.21]), correct) == pytest.approx((0.2 + 0.79) / 2)


def test_a_confidence_of_zero_is_in_the_first_bin():
    correct = np.array([False, True])
    assert calibration_error(np.array([0.0, 0.05]), correct) == pytest.approx(0.95 / 2)


def test_calibration_error_of_a_perfect_network_is_zero():
    assert calibration_error(np.ones(3), np.ones(3, bool)) == 0
