from __future__ import annotations

import numpy as np
import pytest

from cnncli.data.formats.targets import read_targets
from cnncli.errors import DataError


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, bool])
def test_one_hot_rows_are_classes_and_said(dtype: type) -> None:
    targets = read_targets(np.eye(3, dtype=dtype)[[2, 0, 1]], "a.npz, y")
    assert (targets.labels, targets.suggests) == (("2", "0", "1"), "classify")
    assert targets.columns == ("y[0]", "y[1]", "y[2]")
    assert targets.numbers.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    (notice,) = targets.notices
    assert notice.startswith("a.npz, y: one-hot rows are taken as classes 0 to 2, unless ")


def test_rows_with_several_ones_are_labels_and_said() -> None:
    targets = read_targets(np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]]), "y")
    assert (targets.labels, targets.suggests) == (("0|2", "", "1"), "multi-label")
    assert "rows of 0 and 1 are taken as labels 0 to 2" in targets.notices[0]


@pytest.mark.parametrize("y", [[1.0, 0.0, 2.0], [[3.0], [-1.0], [3.0]], [0.0, 1.0]])
def test_whole_floats_are_numbers_and_said(y: list) -> None:
    targets = read_targets(np.array(y), "y")
    assert (targets.suggests, targets.columns) == ("regress", ("y",))
    assert list(map(float, targets.labels)) == targets.numbers[:, 0].tolist()
    assert "whole numbers as floats are taken as numbers to predict" in targets.notices[0]


@pytest.mark.parametrize("y", [[0.5, 1, 2], [[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.5], [1, 0]]])
def test_other_floats_are_numbers(y: list) -> None:
    targets = read_targets(np.array(y), "y")
    assert (targets.suggests, targets.labels, targets.notices) == ("regress", (), ())


@pytest.mark.parametrize(
    ("y", "labels"),
    [([3, 1], ("3", "1")), ([[3], [1]], ("3", "1")), ([True, False], ("1", "0")),
     (["b", "a"], ("b", "a"))],
)  # fmt: skip
def test_whole_numbers_words_and_truth_are_classes(y: list, labels: tuple[str, ...]) -> None:
    targets = read_targets(np.array(y), "y")
    assert (targets.labels, targets.suggests, targets.numbers) == (labels, "classify", None)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([[1, 2], [3, 4]], "y: 2x2 int64; expected a whole number or a word per image"),
        (3, "y: one int64; expected"),
        (np.ones((3, 2, 2)), "y: 3x2x2 numbers; expected one per image"),
        ([0.5, np.inf], "y: NaN or infinite numbers"),
    ],
)
def test_anything_else_is_refused(y: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_targets(np.array(y), "y")
