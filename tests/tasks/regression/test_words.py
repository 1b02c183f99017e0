import numpy as np
import pytest

from cnncli.tasks import Regression

TASK = Regression(("mass", "size"), mean=(2.0, 200.0), deviation=(1.0, 100.0))
OUTPUTS = np.array([[0, 1], [1, -1]], np.float32)
WORDS = TASK.words


def test_numbers_are_described_with_mean_and_deviation():
    assert WORDS.describe() == "2 numbers (mean ± deviation): mass (2 ± 1), size (200 ± 100)"
    alone = Regression(("mass",), mean=(2.0,), deviation=(1.0,))
    assert alone.words.describe() == "1 number (mean ± deviation): mass (2 ± 1)"


def test_a_set_is_described_by_its_samples_and_what_is_known_of_them():
    assert WORDS.describe_set(OUTPUTS, "image") == "2 images with mass, size"


def test_a_validation_is_summarized_by_r2_and_distance():
    record = {"val_r2": 0.5, "val_mae": 0.25, "val_images": 8}
    summary = WORDS.summarize_validation(record, "signal")
    assert summary == "R2 0.5000, mean absolute error 0.25 on 8 validation signals"


@pytest.mark.parametrize(
    ("value", "text"), [(2.34567, "2.346 mass"), (23456.789, "23456.789 mass"), (0.0, "0 mass")]
)
def test_a_number_has_digits_enough_to_tell_it_from_its_like(value, text):
    alone = Regression(("mass",), mean=(2.0,), deviation=(1.0,))
    assert alone.words.describe_answer({"values": {"mass": value}}) == text


def test_a_row_is_a_cell_per_number():
    assert WORDS.name_columns(None) == ["mass", "size"]
    assert WORDS.fill_row(TASK.answer(OUTPUTS[0], None, None), None) == [2.0, 300.0]


def test_every_sample_is_a_row_of_true_and_predicted_numbers():
    header, rows = WORDS.tabulate(TASK.judge(OUTPUTS, OUTPUTS[::-1]))
    assert header == ["mass", "mass_predicted", "size", "size_predicted", "loss"]
    assert rows[0][:4] == [3.0, 2.0, 100.0, 300.0]


def test_figures_are_summarized_with_a_row_per_number():
    lines = list(WORDS.summarize(TASK.compute_figures(TASK.judge(OUTPUTS, OUTPUTS))))
    assert lines[0] == "R2                   1"
    assert lines[-3:] == [
        "number         mae        rmse          r2        mean",
        "mass             0           0           1         2.5",
        "size             0           0           1         200",
    ]


def test_a_target_is_described_by_its_numbers():
    assert WORDS.describe_target({"mass": 2.5, "size": 300.0}) == "2.5 mass, 300 size"
