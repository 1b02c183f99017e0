from __future__ import annotations

import numpy as np
import pytest

from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.samples import MaskLevels
from cnncli.tasks import Classification, MultiLabel, Regression, Segmentation
from cnncli.tasks.class_counts import describe_counts, warn_of_rare


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ([20, 30], "a (20), b (30)"),
        ([7] * 12, "7 each"),
        ([*range(40, 50), 3, 90], "k (3), a (40), b (41), … j (49), l (90)"),
    ],
)
def test_few_counts_are_listed_and_many_are_told_by_their_range(
    counts: list[int], text: str
) -> None:
    assert describe_counts("abcdefghijklmnop"[: len(counts)], counts) == text


@pytest.mark.parametrize(
    ("counts", "rare"),
    [
        ([5, 99], ""),
        ([5, 100], "few images: a (5), where b has 100; add some"),
        ([4, 30], "few images: a (4), where b has 30; add some"),
        ([3, 4], "few images: a (3), b (4); add some"),
        ([500, 20, 25, 26], "few images: b (20), c (25), where a has 500; add some"),
        (
            [1] * 7 + [8],
            "few images: a (1), b (1), c (1), d (1), e (1), …, where h has 8; add some",
        ),
    ],
)
def test_a_class_is_rare_below_five_samples_or_a_twentieth_of_the_largest(
    counts: list[int], rare: str
) -> None:
    told = warn_of_rare("abcdefgh"[: len(counts)], counts, "image")
    assert told.startswith(rare) and bool(told) == bool(rare)


def test_each_task_counts_the_samples_of_its_outputs() -> None:
    classes = Classification(("a", "b", "c"))
    assert classes.count_samples(np.array([0, 2, 2, 0, 2], np.int32)) == [2, 0, 3]
    labels = MultiLabel(("a", "b"), thresholds=(0.5, 0.5))
    assert labels.count_samples(np.array([[1, 1], [0, 1], [0, 0]], np.float32)) == [1, 2]
    maps = Segmentation(("a", "b", "c"), CrossEntropy(), MaskLevels((0, 1, 2), ("a", "b", "c")))
    targets = [np.array([[0, 1], [0, 0]]), np.array([[0, 0, 0]]), np.array([[2], [0], [-1]])]
    assert maps.count_samples(targets) == [3, 1, 1]
    assert Regression(("mass",)).count_samples(np.ones((3, 1))) is None
