import numpy as np

from cnncli.samples import MaskLevels
from cnncli.tasks import Segmentation

TASK = Segmentation(("rest", "cell"), masks=MaskLevels((0, 255), ("rest", "cell")))
LOGITS = np.eye(2, dtype=np.float32)[[[0, 0], [0, 1]]][None]
CLASSES = np.array([[[0, 0], [1, 1]]], np.uint8)
WORDS = TASK.words


def test_a_set_is_described_by_its_images():
    assert WORDS.describe_set(CLASSES, "image") == "1 images"


def test_a_validation_is_summarized_by_its_pixels_and_overlaps():
    record = {"val_pixel_accuracy": 0.75, "val_mean_iou": 0.5, "val_images": 8}
    assert WORDS.summarize_validation(record, "image") == (
        "75.00 % of the pixels of 8 validation images right, mean IoU 0.5000"
    )


def test_an_answer_is_the_share_of_each_class_and_where_its_mask_is():
    record = TASK.answer(LOGITS[0].argmax(-1), None, None)
    assert WORDS.describe_answer(record) == "rest: 75 %, cell: 25 %"
    assert WORDS.describe_answer({**record, "mask": "m.png"}) == "rest: 75 %, cell: 25 % -> m.png"
    assert WORDS.name_columns(None) == ["rest", "cell", "mask"]
    assert WORDS.fill_row(record, None) == [0.75, 0.25, ""]


def test_classes_without_a_name_are_said_to_be_classes_and_those_that_do_not_occur_left_out():
    shares = [("0", 0.996), ("7", 0.0), ("255", 0.001), ("#ff0000", 0.003)]
    record = {"classes": [{"label": label, "share": share} for label, share in shares]}
    expected = "class 0: 100 %, class 255: < 1 %, class #ff0000: < 1 %"
    assert WORDS.describe_answer(record) == expected


def test_every_image_is_a_row_with_its_overlaps():
    header, rows = WORDS.tabulate(TASK.judge(LOGITS, CLASSES))
    assert header == ["pixel_accuracy", "mean_iou", "loss", "iou rest", "iou cell"]
    assert rows[0][0] == 0.75
    assert rows[0][3:] == [2 / 3, 0.5]


def test_figures_are_summarized_with_a_row_per_class_and_the_confusion_matrix():
    lines = list(WORDS.summarize(TASK.compute_figures(TASK.judge(LOGITS, CLASSES))))
    assert lines[0] == "pixel accuracy  0.7500"
    assert "images          1 of 4 pixels" in lines
    assert "cell   0.5000  0.6667     1.0000  0.5000        2" in lines
    assert lines[-2:] == ["rest   0  2 0", "cell   1  1 1"]
