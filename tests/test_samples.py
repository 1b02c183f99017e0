from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cnncli.errors import DataError
from cnncli.losses.cross_entropy import CrossEntropy
from cnncli.samples import MaskedSamples, Samples, check_label
from cnncli.tasks import Classification


def training_classes(found: Samples) -> tuple[str, ...]:
    return Classification.learn(found, CrossEntropy()).outputs


def match(found: Samples, classes: list[str]) -> np.ndarray:
    return Classification(tuple(classes)).make_targets(found)


def samples(*labels: str, empty: tuple[str, ...] = ()) -> Samples:
    names = tuple(f"{i}.png" for i in range(len(labels)))
    return Samples("data/val", names, names, labels, empty=empty)


def test_classes_are_in_the_byte_order_of_their_names() -> None:
    found = training_classes(samples("10", "2", "1", "é", "a", "Z", "😀", "ﬀ"))
    assert found == ("1", "10", "2", "Z", "a", "é", "ﬀ", "😀")


def test_an_empty_class_is_an_error() -> None:
    with pytest.raises(DataError, match="data/val: no images in class emu; add some or remove"):
        training_classes(samples("cat", "dog", empty=("emu",)))


def test_empty_classes_are_listed() -> None:
    empty = tuple("abcdefg")
    with pytest.raises(DataError, match=r"no images in 7 classes \(a, b, c, d, e, …\)"):
        training_classes(samples("cat", "dog", empty=empty))


def test_one_class_is_an_error() -> None:
    with pytest.raises(DataError, match=r"only one class \(cat\); training needs two or more"):
        training_classes(samples("cat", "cat"))


def test_no_images_are_an_error() -> None:
    with pytest.raises(DataError, match="data/val: no images; add some"):
        training_classes(samples())


def test_a_missing_label_is_no_class() -> None:
    with pytest.raises(DataError, match=r"l\.csv, line 2: '' cannot be the name of a class"):
        training_classes(replace(samples("cat", "dog", ""), blank="l.csv, line 2"))


def test_labels_are_matched_by_name_and_not_by_rank() -> None:
    assert match(samples("dog", "ant", "dog"), ["ant", "cat", "dog"]).tolist() == [2, 0, 2]


def test_an_unknown_label_is_an_error_that_names_it() -> None:
    with pytest.raises(DataError, match=r"class emu not among the 2 known ones \(cat, dog\)"):
        match(samples("cat", "emu"), ["cat", "dog"])


@pytest.mark.parametrize("label", ["cat", "two words", "é", "日本", "a-b_c.d", 7, -1])
def test_words_and_whole_numbers_are_names(label: object) -> None:
    assert check_label(label, "here") == str(label)


@pytest.mark.parametrize(
    "label", ["", "a\nb", "\x1b]0;", "\x7f", "\udcff", "\u2028", "\u202e", True, None, 1.5, ["a"]]
)
def test_other_things_are_no_names(label: object) -> None:
    with pytest.raises(DataError, match=r"here: .* cannot be the name of a class") as caught:
        check_label(label, "here")
    assert str(caught.value).isascii()


def masked(part: str, count: int, turns: tuple[int, ...] = ()) -> MaskedSamples:
    names = tuple(f"{part}/images/{i}.png" for i in range(count))
    masks = tuple(f"{part}/masks/{i}.png" for i in range(count))
    return MaskedSamples(part, names, names, (), masks=masks, turns=turns)


def test_parts_are_joined_with_all_that_belongs_to_their_samples() -> None:
    whole = MaskedSamples.join([masked("train", 3), masked("val", 2, (6, 1))], "set")
    assert (len(whole), whole.where) == (5, "set")
    assert whole.masks[3:] == ("val/masks/0.png", "val/masks/1.png")
    assert whole.turns == (1, 1, 1, 6, 1)
    numbers = [replace(samples(), numbers=np.full((n, 2), n)) for n in (2, 1)]
    assert Samples.join(numbers, "set").numbers.tolist() == [[2, 2], [2, 2], [1, 1]]


def test_unlike_parts_are_not_joined() -> None:
    other = replace(samples("cat"), noun="signal")
    with pytest.raises(DataError, match="set: its parts hold unlike samples; give one of them"):
        Samples.join([samples("cat"), other], "set")


def test_a_sample_is_dropped_with_its_file_or_its_mask() -> None:
    kept = masked("set", 5).drop({"set/images/1.png", "set/masks/4.png", "elsewhere"})
    assert kept.masks == ("set/masks/0.png", "set/masks/2.png", "set/masks/3.png")


def test_a_class_that_loses_all_of_its_files_is_empty() -> None:
    whole = samples("cat", "dog", "cat", "emu")
    kept = whole.drop({whole.names[1], whole.names[0]})
    assert (kept.labels, kept.empty) == (("cat", "emu"), ("dog",))
