import numpy as np

from cnncli.tasks import Classification

CAT_DOG = Classification(("cat", "dog"))
LOGITS = np.log(np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]], np.float32))
WORDS = CAT_DOG.words


def test_ten_classes_are_named_and_the_others_counted():
    assert WORDS.describe() == "2 classes: cat, dog"
    many = Classification(tuple("abcdefghijkl")).words.describe()
    assert many == "12 classes: a, b, c, d, e, f, g, h, i, j, …"


def test_a_set_is_described_by_its_samples_and_the_classes_among_them():
    assert WORDS.describe_set(np.array([1, 1, 1]), "signal") == "3 signals of 1 classes"


def test_a_validation_is_summarized_by_its_share_of_right_answers():
    record = {"val_accuracy": 0.875, "val_images": 8}
    assert WORDS.summarize_validation(record, "image") == "87.50 % of 8 validation images right"


def test_an_answer_is_the_share_and_name_of_its_classes():
    record = CAT_DOG.answer(LOGITS[2], 2, None)
    assert WORDS.describe_answer(record) == "0.75 dog, 0.25 cat"
    assert WORDS.describe_answer(CAT_DOG.answer(LOGITS[1], None, 0.6)) == "unknown"


def test_a_row_has_as_many_cells_as_its_header():
    assert WORDS.name_columns(5) == ["label", "confidence", "label_2", "confidence_2"]
    unknown = CAT_DOG.answer(LOGITS[1], 5, 0.6)
    assert WORDS.fill_row(unknown, 5) == ["", 0.5, "", ""]


def test_every_sample_is_a_row_with_what_it_is_and_what_it_is_taken_for():
    header, rows = WORDS.tabulate(CAT_DOG.judge(LOGITS, np.array([0, 0, 0])))
    assert header == ["label", "predicted", "confidence", "loss"]
    assert [row[:2] for row in rows] == [("cat", "cat"), ("cat", "cat"), ("cat", "dog")]


def test_figures_are_summarized_with_a_row_per_class_and_the_confusion_matrix():
    figures = CAT_DOG.compute_figures(CAT_DOG.judge(LOGITS, np.array([0, 0, 0])))
    lines = list(WORDS.summarize(figures))
    assert lines[0] == "accuracy           0.6667  (95 % interval 0.2077 to 0.9385)"
    assert "cat       1.0000  0.6667  0.8000        3" in lines
    assert "dog       0.0000       -  0.0000        0" in lines
    assert lines[-2:] == ["cat    0  2 1", "dog    1  0 0"]


def test_a_mixed_target_is_described_by_its_shares():
    assert WORDS.describe_target({"cat": 1.0}) == "cat"
    assert WORDS.describe_target({"cat": 0.4, "dog": 0.6}) == "60 % dog + 40 % cat"
