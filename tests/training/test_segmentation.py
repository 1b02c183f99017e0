import numpy as np
import pytest

from cnncli.training.segmentation import judge_map, map_figures


def logits(predicted, classes):
    return (4 * np.eye(classes)[np.asarray(predicted)]).astype(np.float32)


def test_figures_of_a_known_map():
    true = np.array([[0, 0, 1], [1, 1, 1]])
    judged = judge_map(logits([[0, 1, 1], [1, 1, 0]], 2), true)
    assert judged.confusion.tolist() == [[1, 1], [1, 3]]
    found = map_figures([judged], ["a", "b"])
    assert found["pixel_accuracy"] == pytest.approx(4 / 6)
    a, b = found["classes"]
    assert (a["iou"], a["dice"], a["support"]) == (pytest.approx(1 / 3), 0.5, 2)
    assert (b["iou"], b["dice"], b["support"]) == (pytest.approx(3 / 5), 0.75, 4)
    assert found["mean_iou"] == pytest.approx((1 / 3 + 3 / 5) / 2)


def test_figures_are_over_the_pixels_of_all_images():
    small = judge_map(logits([[0]], 2), np.array([[1]]))
    large = judge_map(logits([[1] * 9], 2), np.array([[1] * 9]))
    found = map_figures([small, large], ["a", "b"])
    assert found["images"] == 2
    assert found["pixels"] == 10
    assert found["pixel_accuracy"] == 0.9
    assert found["loss"] == pytest.approx((small.loss + 9 * large.loss) / 10)


def test_the_loss_is_the_mean_cross_entropy_of_the_pixels():
    judged = judge_map(np.zeros((3, 5, 4), np.float32), np.zeros((3, 5), np.uint8))
    assert judged.loss == pytest.approx(np.log(4))
    huge = judge_map(np.full((1, 1, 2), 1e30, np.float32), np.zeros((1, 1), np.uint8))
    assert huge.loss == pytest.approx(np.log(2))


def test_a_class_that_neither_occurs_nor_is_claimed_has_no_figures():
    found = map_figures([judge_map(logits([[0, 1]], 3), np.array([[0, 1]]))], ["a", "b", "c"])
    assert found["classes"][2]["iou"] is None
    assert found["classes"][2]["dice"] is None
    assert found["mean_iou"] == 1.0
