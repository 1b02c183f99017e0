from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cnncli.data.checksums import Checksummer, find_difference
from cnncli.samples import Samples

VALUES = np.arange(4 * 6, dtype=np.uint8).reshape(4, 2, 3, 1)
NAMES = ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")
SAMPLES = Samples("set", tuple(f"set/{name}" for name in NAMES), NAMES, ("cat",) * 2 + ("dog",) * 2)
MAPS = np.arange(4 * 6, dtype=np.int8).reshape(4, 2, 3)


def sum_up(samples=SAMPLES, values=VALUES, maps=()):
    checksums = Checksummer(samples)
    checksums.add(values[:3], maps[:3])
    checksums.add(values[3:], maps[3:])
    return checksums.finish()


def difference(samples=SAMPLES, values=VALUES, maps=(), before=None):
    now = sum_up(samples, values, maps)
    data = SimpleNamespace(checksums=now, noun="image", names=samples.names, samples=samples)
    return find_difference(sum_up() if before is None else before, data)


def without(index):
    kept = [i for i in range(4) if i != index]
    return {"samples": SAMPLES.take(np.array(kept)), "values": VALUES[kept]}


def test_the_same_samples_do_not_differ():
    assert difference() is None
    assert difference(replace(SAMPLES, where="moved", names=NAMES)) is None


def test_a_changed_pixel_is_found():
    values = VALUES.copy()
    values[2, 1, 1] += 1
    assert difference(values=values) == "set/dog/1.png: its pixels were others"


def test_a_changed_label_is_found():
    labels = ("cat", "dog", "dog", "dog")
    assert difference(replace(SAMPLES, labels=labels)) == "set/cat/2.png: its label was another"


def test_a_changed_number_is_found_and_no_other():
    numbers = np.arange(4.0)[:, None]
    before = sum_up(replace(SAMPLES, labels=(), numbers=numbers))
    numbers[1] = 7
    found = difference(replace(SAMPLES, labels=(), numbers=numbers), before=before)
    assert found == "set/cat/2.png: its label was another"


def test_a_changed_mask_is_found():
    maps = MAPS.copy()
    maps[3, 0, 0] = 1
    unlabeled = replace(SAMPLES, labels=())
    found = difference(unlabeled, maps=maps, before=sum_up(unlabeled, maps=MAPS))
    assert found == "set/dog/2.png: its label was another"


@pytest.mark.parametrize("index", [1, 2])
def test_a_missing_sample_is_missed_by_the_next(index):
    after = f"set/{NAMES[index + 1]}: another image stood before it"
    assert difference(**without(index)) == after


def test_samples_missing_at_the_end_are_counted():
    assert difference(**without(3)) == "set: there were 4 images, not 3,"


@pytest.mark.parametrize("index", [1, 3])
def test_a_sample_that_came_to_the_others_is_named(index):
    found = difference(before=sum_up(**without(index)))
    assert found == f"set/{NAMES[index]}: this image was not there"
