import numpy as np
import pytest

from cnncli.errors import ArchitectureError, ModelFileError, UsageError
from cnncli.graph import build_graph
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.losses.dice import CrossEntropyAndDice
from cnncli.notation import parse
from cnncli.samples import MaskLevels
from cnncli.tasks import Segmentation

TWO = Segmentation(("a", "b"), CrossEntropy(), MaskLevels((0, 255), ("a", "b")))


def logits(predicted, classes=2):
    return (4 * np.eye(classes)[np.asarray(predicted)]).astype(np.float32)[None]


def judged(*pairs, task=TWO):
    parts = [
        task.judge(logits(predicted, len(task.outputs)), np.array([true], np.uint8))
        for predicted, true in pairs
    ]
    return type(parts[0]).join(parts)


def test_figures_of_a_known_map():
    found = TWO.compute_figures(judged(([[0, 1, 1], [1, 1, 0]], [[0, 0, 1], [1, 1, 1]])))
    assert found["confusion"] == [[1, 1], [1, 3]]
    assert found["pixel_accuracy"] == pytest.approx(4 / 6)
    a, b = found["classes"]
    assert (a["iou"], a["dice"], a["support"]) == (pytest.approx(1 / 3), 0.5, 2)
    assert (b["iou"], b["dice"], b["support"]) == (pytest.approx(3 / 5), 0.75, 4)
    assert found["mean_iou"] == pytest.approx((1 / 3 + 3 / 5) / 2)


def test_figures_are_over_the_pixels_of_all_images_whatever_their_sizes():
    both = judged(([[0]], [[1]]), ([[1] * 9], [[1] * 9]))
    found = TWO.compute_figures(both)
    assert (found["images"], found["pixels"]) == (2, 10)
    assert found["pixel_accuracy"] == 0.9
    assert found["loss"] == pytest.approx((both.loss[0] + 9 * both.loss[1]) / 10)
    _, (first, second) = TWO.words.tabulate(both)
    assert (first[0], second[0]) == (0, 1)


def test_a_class_that_neither_occurs_nor_is_claimed_has_no_figures():
    three = Segmentation(("a", "b", "c"))
    found = three.compute_figures(judged(([[0, 1]], [[0, 1]]), task=three))
    assert found["classes"][2]["iou"] is None
    assert found["classes"][2]["dice"] is None
    assert found["mean_iou"] == 1.0
    assert any("-" in line for line in three.words.summarize(found))


def test_pixels_to_be_ignored_are_in_no_figure():
    outputs, true = logits([[0, 1, 1]]), np.array([[[0, -1, 1]]], np.int8)
    found = TWO.compute_figures(TWO.judge(outputs, true))
    assert (found["pixels"], found["pixel_accuracy"], found["mean_iou"]) == (2, 1, 1)
    assert found["confusion"] == [[1, 0], [0, 1]]
    both = judged(([[0, 1]], [[0, 1]]), ([[1, 1]], [[1, 1]]))
    without = TWO.judge(logits([[0, 0]]), np.full((1, 1, 2), -1, np.int8))
    joined = type(both).join([both, without])
    assert TWO.compute_figures(joined)["loss"] == TWO.compute_figures(both)["loss"]
    assert TWO.words.tabulate(joined)[1][2][:2] == [None, None]


def test_the_answer_is_the_share_of_each_class():
    record = TWO.answer(np.array([[0, 1], [1, 1]], np.int8), None, None)
    assert record["classes"] == [{"label": "a", "share": 0.25}, {"label": "b", "share": 0.75}]


def test_median_frequency_balancing_makes_rare_classes_count_more():
    pixels, around = np.array([80, 10, 10, 0]), np.array([100, 100, 20, 0])
    four = Segmentation(tuple("abcd"))
    weights = four.weigh_classes(pixels, around).smooth_loss(0).weights
    assert weights == pytest.approx((0.5 / 0.8, 0.5 / 0.1, 1, 1))


def test_the_task_survives_its_manifest():
    masks = MaskLevels((3, 7), ("a", "b"), bytes(range(30)))
    task = Segmentation(("a", "b"), CrossEntropyAndDice(), masks)
    assert Segmentation.from_manifest(("a", "b"), task.to_manifest()) == task
    assert Segmentation.from_manifest(("a", "b"), TWO.to_manifest()) == TWO


def test_what_is_ignored_survives_the_manifest_and_is_not_there_without():
    masks = MaskLevels((0, 1), ("a", "b"), None, (255,))
    task = Segmentation(("a", "b"), masks=masks)
    assert Segmentation.from_manifest(("a", "b"), task.to_manifest()) == task
    assert "ignored" not in TWO.to_manifest()


@pytest.mark.parametrize(
    "change",
    [
        {"levels": [0]},
        {"levels": [255, 0]},
        {"levels": [0, 256]},
        {"levels": ["0", "1"]},
        {"palette": "xy"},
        {"palette": "00"},
        {"palette": 3},
        {"loss": "mse"},
        {"more": 1},
        {"ignored": [256]},
        {"ignored": 255},
    ],
)
def test_a_manifest_no_training_wrote_is_refused(change):
    with pytest.raises(ModelFileError):
        Segmentation.from_manifest(("a", "b"), {**TWO.to_manifest(), **change})


def test_a_network_has_to_answer_for_every_pixel():
    TWO.check(build_graph(parse("conv(2, 3, pad=1)"), (16, 16, 1)))
    with pytest.raises(ArchitectureError, match="end it with conv"):
        TWO.check(build_graph(parse("dense(2)"), (16, 16, 1)))


def test_smoothing_is_not_for_dice_alone():
    dice = Segmentation(("a", "b"), Segmentation.choose_loss("dice"))
    assert dice.smooth_loss(0.0).name == "dice"
    with pytest.raises(UsageError, match="label_smoothing is not for dice"):
        dice.smooth_loss(0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("true", [0, 1])
def test_a_pixel_whose_answer_is_not_finite_is_never_right(bad, true):
    outputs = logits([[true, true]])
    outputs[0, 0, 0, true] = bad
    judged = TWO.judge(outputs, np.full((1, 1, 2), true, np.uint8))
    found = TWO.compute_figures(judged)
    assert judged.failed.tolist() == [True]
    assert found["pixel_accuracy"] == 0.5
    assert found["loss"] is None
    assert np.isnan(TWO.monitor(judged)["val_loss"])
    assert list(TWO.words.summarize(found))


@pytest.mark.parametrize("loss", ["cross-entropy", "dice", "both"])
@pytest.mark.parametrize("bad", [0.0, np.nan])
def test_parts_are_judged_as_the_whole(loss, bad):
    numbers = np.random.default_rng(0)
    outputs = numbers.standard_normal((2, 6, 5, 3)).astype(np.float32)
    targets = numbers.integers(-1, 3, (2, 6, 5)).astype(np.int8)
    outputs[1, 5, 4, 0] = bad
    task = Segmentation(("a", "b", "c"), Segmentation.choose_loss(loss))
    whole = task.judge(outputs, targets)
    cuts = [np.s_[:, :2], np.s_[:, 2:5, 1:], np.s_[:, 2:5, :1], np.s_[:, 5:]]
    parts = task.judge_parts((outputs[cut], targets[cut]) for cut in cuts)
    assert (parts.confusion == whole.confusion).all()
    assert parts.loss == pytest.approx(whole.loss, rel=1e-12, nan_ok=True)
    assert parts.failed.tolist() == whole.failed.tolist() == [False, bool(np.isnan(bad))]


def test_a_target_is_read_as_the_shares_of_its_labeled_pixels():
    assert TWO.read_target(np.array([[0, 1, -1], [1, 1, -1]])) == {"a": 0.25, "b": 0.75}
    assert TWO.read_target(np.array([[1, -1]])) == {"b": 1.0}
    assert TWO.read_target(np.array([[-1]])) == {}
