from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest

from cnncli.data.split import compute_place, set_aside
from cnncli.samples import Samples


def aside(whole: Samples, fraction: float) -> tuple[Samples, Samples]:
    return set_aside(whole, fraction, whole.labels)


def samples(counts: dict[str, int], first: int = 0) -> Samples:
    keys = [f"{name}/{i}.png" for name, count in counts.items() for i in range(first, count)]
    labels = tuple(key.split("/")[0] for key in keys)
    return Samples("set", tuple(keys), tuple(keys), labels)


def test_every_image_is_on_one_side_in_its_old_order() -> None:
    whole = samples({"cat": 50, "dog": 70})
    train, val = aside(whole, 0.2)
    assert sorted(train.keys + val.keys) == sorted(whole.keys)
    assert [key for key in whole.keys if key in set(train.keys)] == list(train.keys)
    assert all(key.startswith(label) for key, label in zip(val.keys, val.labels, strict=True))


def test_adding_images_moves_no_other() -> None:
    before = aside(samples({"cat": 300, "dog": 200}), 0.1)
    after = aside(samples({"cat": 360, "dog": 290, "emu": 100}), 0.1)
    for old, new in zip(before, after, strict=True):
        assert set(old.keys) <= set(new.keys)


def test_adding_images_that_are_all_set_aside_moves_no_other() -> None:
    names = [
        f"cat/{name}.png" for name in ("".join(letters) for letters in product("abcd", repeat=5))
    ]
    low = [name for name in names if compute_place(name) < 0.1]
    high = [name for name in names if compute_place(name) >= 0.1][:300]
    few, all_of_them = ((*low[:30], *high), (*low, *high))
    before, after = (
        aside(Samples("set", keys, keys, ("cat",) * len(keys)), 0.1) for keys in (few, all_of_them)
    )
    assert len(low) > 60
    assert set(before[1].keys) == set(low[:30])
    assert set(after[1].keys) == set(low)


def test_removing_images_moves_no_other() -> None:
    before = aside(samples({"cat": 500}), 0.1)
    after = aside(samples({"cat": 500}, first=150), 0.1)
    for old, new in zip(before, after, strict=True):
        assert set(new.keys) <= set(old.keys)


def test_the_order_of_the_images_does_not_matter() -> None:
    whole = samples({"cat": 40, "dog": 40})
    turned = whole.take(np.arange(80)[::-1].copy())
    assert set(aside(whole, 0.1)[1].keys) == set(aside(turned, 0.1)[1].keys)


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_about_the_fraction_of_a_large_class_is_set_aside(fraction: float) -> None:
    _, val = aside(samples({"cat": 10_000}), fraction)
    assert abs(len(val) - 10_000 * fraction) < 4 * (10_000 * fraction * (1 - fraction)) ** 0.5


@pytest.mark.parametrize("count", [2, 3, 7, 15, 30])
def test_every_class_gives_its_share(count: int) -> None:
    train, val = aside(samples({f"c{i}": count for i in range(100)}), 0.1)
    shares = Counter(val.labels)
    assert len(shares) == 100
    assert max(shares.values()) <= max(np.ceil(0.15 * count), 1)
    assert len(Counter(train.labels)) == 100


@pytest.mark.parametrize("count", [10, 20, 40])
@pytest.mark.parametrize(("fraction", "tenths"), [(0.1, 1), (0.2, 2), (0.5, 5)])
def test_of_ten_files_in_a_row_each_tenth_is_one(count: int, fraction: float, tenths: int) -> None:
    _, val = aside(samples({f"c{i}": count for i in range(50)}), fraction)
    assert set(Counter(val.labels).values()) == {tenths * count // 10}


@pytest.mark.parametrize("name", ["{}.png", "img_{:04}.jpg", "a{}b.jp2"])
def test_adding_to_small_classes_moves_no_other(name: str) -> None:
    def build(count: int) -> Samples:
        keys = [f"{label}/{name.format(i)}" for label in "abc" for i in range(count)]
        return Samples("set", tuple(keys), tuple(keys), tuple(key[0] for key in keys))

    before, after = aside(build(10), 0.1), aside(build(37), 0.1)
    for old, new in zip(before, after, strict=True):
        assert set(old.keys) <= set(new.keys)
    assert before[0].notices == ()


def test_a_class_that_needs_an_exception_is_told() -> None:
    keys = tuple(f"{label}/{word}" for label in "ab" for word in ("x", "y", "z"))
    train, val = aside(Samples("set", keys, keys, tuple(key[0] for key in keys)), 1e-6)
    assert len(val) == 2
    (notice,) = train.notices
    assert "too small to set images aside by name alone: 2; adding others may change" in notice


def test_odd_numbers_alone_are_set_aside_as_well() -> None:
    keys = tuple(f"{i}.png" for i in range(1, 4001, 2))
    _, val = set_aside(Samples("set", keys, keys, ("odd",) * 2000), 0.1, ["odd"] * 2000)
    assert 160 <= len(val) <= 240


def test_a_place_does_not_depend_on_how_letters_are_composed() -> None:
    assert compute_place("caf\u00e9/7.png") == compute_place("cafe\u0301/7.png")


def test_a_single_image_is_trained_on() -> None:
    train, val = aside(samples({"cat": 1, "dog": 4}), 0.9)
    assert "cat/0.png" in train.keys
    assert len(val) == 3


def test_it_does_not_matter_where_the_images_lie() -> None:
    here = samples({"cat": 40, "dog": 40})
    names = tuple(f"/data/{key}" for key in here.keys)
    there = Samples("set", names, here.keys, here.labels)
    assert aside(there, 0.1)[1].keys == aside(here, 0.1)[1].keys


def test_the_choice_is_the_same_on_every_machine() -> None:
    _, val = aside(samples({"cat": 40}), 0.1)
    assert val.keys == ("cat/8.png", "cat/15.png", "cat/22.png", "cat/34.png")


def test_pixels_stay_with_their_labels() -> None:
    whole = samples({"cat": 30, "dog": 30})
    pixels = np.arange(60, dtype=np.uint8).reshape(60, 1, 1, 1)
    whole = Samples("set", whole.names, whole.keys, whole.labels, pixels)
    for part in aside(whole, 0.3):
        assert [whole.keys[i] for i in part.values.ravel()] == list(part.keys)


def test_without_classes_the_fraction_is_taken_of_the_whole() -> None:
    whole = samples({f"c{i}": 1 for i in range(200)})
    train, val = set_aside(whole, 0.1, [""] * 200)
    assert 10 <= len(val) <= 30
    assert len(train) + len(val) == 200
