from __future__ import annotations

import pytest

from cnncli.data.formats.naming import Meaning, read_name, read_names, read_part


@pytest.mark.parametrize(
    ("name", "part", "content"),
    [
        ("Training", "train", ""),
        ("test-set", "test", ""),
        ("valdata", "val", ""),
        ("IMGS", "", "images"),
        ("Ground_Truth", "", "masks"),
        ("train_masks", "train", "masks"),
        ("val2014", "val", ""),
        ("TrainImages", "train", "images"),
        ("testMasks", "test", "masks"),
        ("evaluation_data", "val", ""),
        ("JPEGImages", "", "images"),
        ("SegmentationClass", "", "masks"),
    ],
)
def test_names_say_which_part_and_what(name: str, part: str, content: str) -> None:
    meaning = read_name(name)
    assert meaning == Meaning(part, content)


@pytest.mark.parametrize("name", ["cat", "", "train1", "trains", "set", "2017", "test tube"])
def test_other_names_say_nothing(name: str) -> None:
    assert read_name(name) is None


def test_a_word_that_names_share_is_left_out() -> None:
    names = ["cells_train", "cells_test", "dogs_val", "cat"]
    assert read_names(names) == {
        "cells_train": Meaning("train"), "cells_test": Meaning("test"),
    }  # fmt: skip


def test_a_part_in_a_list_is_a_part_alone() -> None:
    assert [read_part(word) for word in ("Train", "masks", "x")] == ["train", None, None]
