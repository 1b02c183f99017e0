import numpy as np
import pytest

from cnncli.errors import DataError, UsageError
from cnncli.inspection import find_method
from cnncli.inspection.base import AttributionFindings, Subject
from cnncli.inspection.score import ORDERS, STEPS, choose_followed, measure_area, score_map
from cnncli.inspection.target import Target
from cnncli.tasks import MultiLabel, Regression, Segmentation

A = Target("a", 0)


def sigmoid(logit):
    return 1 / (1 + np.exp(-np.asarray(logit, np.float64)))


@pytest.fixture
def network(make_network):
    """A network whose logit of a is 4, 3, 2, 1 times its four pixels in sum, and 0 of b."""
    trained = make_network("dense(2)", (2, 2, 1))
    trained.model.weights["dense1/weight"][0] = [4, 3, 2, 1]
    return trained


def findings(pixels):
    return AttributionFindings("input", ("a",), np.array([pixels], np.float32), {}, "map", True)


def curves(scored):
    return dict(zip(scored.labels, scored.values, strict=True))


def test_deletion_sets_the_largest_pixels_to_zero_first(network, make_sample):
    ones = make_sample(np.ones((2, 2, 1)))

    by_weight = score_map(network, ones, A, findings([[4, 3], [2, 1]]))
    against_it = score_map(network, ones, A, findings([[1, 2], [3, 4]]))

    assert curves(by_weight)["deletion"] == pytest.approx(sigmoid([10, 6, 3, 1, 0]))
    assert curves(against_it)["deletion"] == pytest.approx(sigmoid([10, 9, 7, 4, 0]))
    assert by_weight.figures["fractions"].tolist() == [[0, 0.25, 0.5, 0.75, 1]] * 2


def test_insertion_puts_the_largest_pixels_into_a_blurred_copy_first(network, make_sample):
    x = np.array([1, 0, 0, 0], np.float32).reshape(2, 2, 1)

    scored = score_map(network, make_sample(x), A, findings([[1, 2], [3, 4]]))

    first, *_, last = insertion = curves(scored)["insertion"]
    # A Gaussian as wide as this makes nearly the same of all: about a quarter, 2.5 in sum.
    assert first == pytest.approx(sigmoid(2.5), abs=0.02)
    assert last == pytest.approx(sigmoid(4))
    assert (np.diff(insertion)[:3] < 0).all()  # the pixels that are 0
    assert insertion[4] > insertion[3]  # the one that is 1


def test_the_area_is_that_below_the_curve_by_trapezoids():
    curve = np.array([1, 0.5, 0.5], np.float32)

    assert measure_area(curve, np.array([0, 0.25, 1], np.float32)) == 0.75 * 0.25 + 0.5 * 0.75


def test_a_right_order_is_better_than_random_ones_and_a_wrong_one_is_worse(network, make_sample):
    sample = make_sample(np.array([1, 1, 1, -1], np.float32).reshape(2, 2, 1))

    right, wrong = (
        score_map(network, sample, A, findings(pixels)).figures
        for pixels in ([[4, 3], [2, -1]], [[-4, -3], [-2, 1]])
    )

    assert right["area"][0] <= right["random_min"][0] < right["random_max"][0] <= wrong["area"][0]
    assert right["area"][1] > right["random"][1] > wrong["area"][1]
    assert right["orders"].tolist() == wrong["orders"].tolist()  # the same for every method


def test_curves_of_many_pixels_have_some_steps(make_network, make_sample):
    trained = make_network("conv(2, 3) >> relu >> dense(2)", (9, 11, 3))
    sample = make_sample(np.random.default_rng(0).standard_normal((9, 11, 3)))

    scored = score_map(trained, sample, A, findings(np.zeros((9, 11))))

    assert scored.values.shape == (2, STEPS + 1)
    assert scored.figures["orders"].shape == (2, ORDERS, STEPS + 1)
    assert scored.values == pytest.approx(0.5)  # all weights are zero


def test_a_signal_is_scored_by_its_samples(make_network, make_sample):
    trained = make_network("dense(2)", (4, 2))
    trained.model.weights["dense1/weight"][0] = 1

    scored = score_map(trained, make_sample(np.ones((4, 2))), A, findings([[1, 2, 3, 4]]))

    assert curves(scored)["deletion"] == pytest.approx(sigmoid([8, 6, 4, 2, 0]))


def test_an_answer_that_is_not_finite_has_no_curve(network, make_sample):
    network.model.weights["dense1/weight"][0] = [np.inf, 0, 0, 0]

    with pytest.raises(DataError, match="sample: the network's answer is not finite"):
        score_map(network, make_sample(np.ones((2, 2, 1))), A, findings([[4, 3], [2, 1]]))


def test_the_predicted_class_is_followed_unless_another_is_named(network, make_sample):
    sample, method = make_sample(np.ones((2, 2, 1))), find_method("saliency")

    assert choose_followed(network, Subject(sample), method).label == "a"
    assert choose_followed(network, Subject(sample, output="b"), method).label == "b"


def test_the_map_of_a_filter_is_not_scored_but_that_of_a_chosen_layer_is(make_network, make_sample):
    trained = make_network("conv(2, 3) >> relu >> dense(2)", (6, 6, 1))
    subject = Subject(make_sample(np.ones((6, 6, 1))), layer="conv1")

    with pytest.raises(UsageError, match="an answer of the network, not conv1; leave"):
        choose_followed(trained, subject, find_method("saliency"))
    assert choose_followed(trained, subject, find_method("gradcam")).label == "a"


@pytest.mark.parametrize("task", [Regression, Segmentation])
def test_answers_without_a_probability_are_not_scored(network, make_sample, task):
    network.task = task(("a", "b"))

    with pytest.raises(UsageError, match="follows a probability, and the"):
        choose_followed(network, Subject(make_sample(np.ones((2, 2, 1)))), find_method("saliency"))


def test_the_probability_of_a_label_is_its_own(network, make_sample):
    network.task = MultiLabel(("a", "b"))

    scored = score_map(
        network, make_sample(np.ones((2, 2, 1))), Target("b", 1), findings([[1, 2], [3, 4]])
    )

    assert scored.values[0].tolist() == [0.5] * 5  # whatever becomes of a
