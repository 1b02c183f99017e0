import numpy as np

from cnncli.tasks import MultiLabel

TASK = MultiLabel(("cat", "dog"), thresholds=(0.5, 0.5))
LOGITS = np.array([[2, -2], [2, 2], [-2, -2]], np.float32)
TRUTH = np.array([[1, 0], [1, 1], [1, 0]], np.float32)


def test_a_set_is_described_by_its_samples_and_their_labels():
    assert TASK.words.describe_set(TRUTH, "image") == "3 images with 4 labels"


def test_a_validation_is_summarized_by_its_mean_average_precision():
    record = {"val_map": 0.75, "val_images": 8}
    summary = TASK.words.summarize_validation(record, "image")
    assert summary == "mean average precision 0.7500 on 8 validation images"


def test_an_answer_is_the_share_and_name_of_its_labels():
    assert TASK.words.describe_answer(TASK.answer(LOGITS[1], None, None)) == "0.88 cat, 0.88 dog"
    assert TASK.words.describe_answer(TASK.answer(LOGITS[2], None, None)) == "none"


def test_a_row_can_be_trained_on():
    assert TASK.words.name_columns(None) == ["label", "confidence"]
    label, confidence = TASK.words.fill_row(TASK.answer(LOGITS[1], None, None), None)
    assert label == "cat|dog"
    assert len(confidence.split("|")) == 2
    assert TASK.words.fill_row(TASK.answer(LOGITS[2], None, None), None) == ["", ""]


def test_every_sample_is_a_row_with_the_labels_it_has_and_gets():
    header, rows = TASK.words.tabulate(TASK.judge(LOGITS, TRUTH))
    assert header == ["label", "predicted", "loss"]
    assert [row[:2] for row in rows] == [("cat", "cat"), ("cat|dog", "cat|dog"), ("cat", "")]


def test_figures_are_summarized_with_a_row_per_label():
    lines = list(TASK.words.summarize(TASK.compute_figures(TASK.judge(LOGITS, TRUTH))))
    assert lines[0] == "mean average precision  1.0000"
    assert lines[1] == "exact match             0.6667"
    assert lines[-2:] == [
        "cat               1.0000     0.5000     1.0000  0.6667  0.8000        3",
        "dog               1.0000     0.5000     1.0000  1.0000  1.0000        1",
    ]


def test_a_target_is_described_by_its_labels():
    words = MultiLabel(("cat", "dog")).words
    assert words.describe_target({"cat": 1.0, "dog": 1.0}) == "cat | dog"
    assert words.describe_target({"cat": 1.0, "dog": 0.5}) == "100 % cat + 50 % dog"
    assert words.describe_target({}) == "none"
