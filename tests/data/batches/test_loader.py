from __future__ import annotations

import threading

import numpy as np
import pytest

from cnncli.augment import Augmentation, Draws
from cnncli.augment.text import read_augmentation
from cnncli.data.batches.loader import Loader
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.set import SampleSet
from cnncli.errors import DataError
from cnncli.samples import Samples
from cnncli.tasks import Classification

SHAPE = Preprocessing(3, 2, 3, scale=(1.0, 0.5, 2.0), shift=(0.0, 1.0, -1.0))


def image_set(noise, count: int = 23) -> SampleSet:
    names = tuple(str(i) for i in range(count))
    labels = tuple("odd" if i % 2 else "even" for i in range(count))
    pixels = np.stack([noise(3, 2, 3, seed) for seed in range(count)])
    return SampleSet(
        Samples("set", names, names, labels, pixels), SHAPE, Classification(("even", "odd"))
    )


def loader(images: SampleSet, size: int = 5, seed: int = 0) -> Loader:
    return images.batches(size, seed=seed)


def order(loader: Loader, epoch: int, first: int = 0) -> list[int]:
    return [int(i) for batch in loader.epoch(epoch, first) for i in batch.indices]


def test_an_epoch_shows_every_image_once(noise) -> None:
    assert sorted(order(loader(image_set(noise)), 3)) == list(range(23))


def test_a_batch_holds_the_images_it_names(noise) -> None:
    images = image_set(noise)
    for batch in loader(images).epoch(0):
        expected = np.empty((len(batch.indices), 3, 2, 3), np.float32)
        SHAPE.normalize(images.values, batch.indices, expected)
        assert np.array_equal(batch.inputs, expected)
        assert batch.targets.tolist() == (batch.indices % 2).tolist()
        assert batch.inputs.dtype == np.float32
        assert batch.inputs.flags.c_contiguous
        assert batch.targets.dtype == np.int32


def test_batches_are_counted(noise) -> None:
    found = loader(image_set(noise))
    assert found.batches == 5
    assert [len(batch.targets) for batch in found.epoch(0)] == [5, 5, 5, 5, 3]


def test_epochs_and_seeds_have_orders_of_their_own(noise) -> None:
    images = image_set(noise)
    orders = [order(loader(images, seed=seed), epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(one) for one in orders}) == 4


def test_an_epoch_does_not_depend_on_the_ones_before(noise) -> None:
    images = image_set(noise)
    first = loader(images, seed=4)
    orders = [order(first, epoch) for epoch in range(4)]
    assert order(loader(images, seed=4), 3) == orders[3]


def test_the_order_does_not_depend_on_the_batch_size(noise) -> None:
    images = image_set(noise)
    assert order(loader(images, 4), 1) == order(loader(images, 9), 1)


@pytest.mark.parametrize("augment", ["none", "hflip, shift(1), rotate(90)"])
@pytest.mark.parametrize("first", range(6))
def test_an_epoch_can_be_taken_up_in_the_middle(noise, first: int, augment: str) -> None:
    images, augmentation = image_set(noise), read_augmentation(augment, (3, 2, 3))
    whole, rest = (
        [
            batch.inputs.copy()
            for batch in images.batches(5, augmentation=augmentation).epoch(2, start)
        ]
        for start in (0, first)
    )
    assert len(rest) == 5 - first
    assert all(np.array_equal(a, b) for a, b in zip(whole[first:], rest, strict=True))


@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [
        (11, 5, [5, 4, 2]), (10, 5, [5, 5]), (12, 5, [5, 5, 2]), (6, 5, [4, 2]),
        (1, 5, [1]), (3, 2, [2, 1]), (3, 1, [1, 1, 1]), (4, 64, [4]),
    ],
)  # fmt: skip
def test_no_batch_of_one_is_left_over(noise, count: int, size: int, expected: list[int]) -> None:
    found = loader(image_set(noise, count), size)
    assert [len(batch.targets) for batch in found.epoch(0)] == expected


def test_buffers_are_used_again(noise) -> None:
    found = loader(image_set(noise))
    places = {batch.inputs.ctypes.data for epoch in range(3) for batch in found.epoch(epoch)}
    assert len(places) == 2


def test_a_batch_is_still_good_while_the_next_is_made(noise) -> None:
    images = image_set(noise)
    made = threading.Semaphore(0)

    class Watched(Augmentation):
        def prepare(self, *arguments: object, **settings: object) -> None:
            super().prepare(*arguments, **settings)
            made.release()

    batches = images.batches(5, augmentation=Watched())
    for number, batch in enumerate(batches.epoch(0)):
        made.acquire(timeout=5)
        if number + 1 < 5:
            assert made.acquire(timeout=5)  # the next batch is there before it is asked for
            made.release()
        expected = np.empty_like(batch.inputs)
        SHAPE.normalize(images.values, batch.indices, expected)
        assert np.array_equal(batch.inputs, expected)


def test_leaving_an_epoch_early_leaves_no_thread(noise) -> None:
    before = threading.active_count()
    epoch = loader(image_set(noise)).epoch(0)
    next(epoch)
    epoch.close()
    assert threading.active_count() == before


def test_images_decoded_on_demand_make_the_same_batches(class_folder) -> None:
    from cnncli.data.formats import folder

    samples = folder.read(str(class_folder({"cat": 9, "dog": 9})), None)
    sets = [
        SampleSet(samples, SHAPE, Classification(("cat", "dog")), threads=threads, memory=memory)
        for threads, memory in ((1, None), (1, 0), (4, 0))
    ]
    batches = [[batch.inputs.copy() for batch in loader(one).epoch(1)] for one in sets]
    for others in batches[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(batches[0], others, strict=True))


def test_an_error_while_a_batch_is_made_reaches_the_epoch(class_folder) -> None:
    from cnncli.data.formats import folder

    root = class_folder({"cat": 4, "dog": 4})
    images = SampleSet(
        folder.read(str(root), None), SHAPE, Classification(("cat", "dog")), memory=0
    )
    (root / "dog/3.png").write_text("text")
    with pytest.raises(DataError, match=r"dog/3\.png"):
        order(loader(images, 2), 0)


def test_augmented_batches_do_not_depend_on_where_samples_are_kept(class_folder) -> None:
    from cnncli.data.formats import folder

    samples = folder.read(str(class_folder({"cat": 9, "dog": 9})), None)
    task, augmentation = Classification(("cat", "dog")), read_augmentation("hflip", (3, 2, 3))
    kept, streamed = (
        [batch.inputs.copy() for batch in images.batches(5, augmentation=augmentation).epoch(1)]
        for images in (SampleSet(samples, SHAPE, task, memory=memory) for memory in (None, 0))
    )
    assert all(map(np.array_equal, kept, streamed))
    plain = [batch.inputs for batch in loader(SampleSet(samples, SHAPE, task)).epoch(1)]
    assert not np.array_equal(kept[-1], plain[-1])


MIXUP = read_augmentation("hflip, mixup(1)", (3, 2, 3))


def test_a_mixed_batch_has_mixed_images_and_the_shares_of_their_classes(noise) -> None:
    images = image_set(noise)
    plain, mixed = images.batches(23), images.batches(23, augmentation=MIXUP)
    before, after = next(plain.epoch(0)), next(mixed.epoch(0))
    assert np.array_equal(before.indices, after.indices)
    assert after.targets.dtype == np.float32
    assert after.targets.sum(axis=1) == pytest.approx(np.ones(23))
    draws = Draws(0, 0, after.indices)
    alone, others = np.empty((2, 23, 3, 2, 3), np.float32)
    partners = MIXUP.choose_others(draws, 23)
    MIXUP.prepare(SHAPE, images.values, after.indices, draws, alone)
    MIXUP.prepare(SHAPE, images.values, partners, Draws(0, 0, partners), others)
    eye = np.eye(2, dtype=np.float32)
    for i, share in enumerate(MIXUP.mix(draws, alone.copy(), others)):
        assert after.inputs[i] == pytest.approx(
            share * alone[i] + (1 - share) * others[i], abs=1e-4
        )
        expected = share * eye[after.indices[i] % 2] + (1 - share) * eye[partners[i] % 2]
        assert after.targets[i] == pytest.approx(expected, abs=1e-6)


def test_mixed_images_do_not_depend_on_the_batch_size(noise) -> None:
    images = image_set(noise)
    epochs = [
        [
            (row.tobytes(), target.tobytes())
            for batch in images.batches(size, augmentation=MIXUP).epoch(2)
            for row, target in zip(batch.inputs, batch.targets, strict=True)
        ]
        for size in (4, 9)
    ]
    assert epochs[0] == epochs[1]


def test_mixed_images_are_read_again_where_they_are_not_kept(class_folder) -> None:
    from cnncli.data.formats import folder

    samples = folder.read(str(class_folder({"cat": 9, "dog": 9})), None)
    batches = [
        [
            (batch.inputs.copy(), batch.targets.copy())
            for batch in SampleSet(samples, SHAPE, Classification(("cat", "dog")), memory=memory)
            .batches(5, augmentation=MIXUP)
            .epoch(1)
        ]
        for memory in (None, 0)
    ]
    for kept, read in zip(*batches, strict=True):
        assert np.array_equal(kept[0], read[0])
        assert np.array_equal(kept[1], read[1])


def test_a_batch_can_name_its_images(noise) -> None:
    found = loader(image_set(noise))
    batch = next(found.epoch(0))
    assert found.name_samples(batch.indices) == [str(i) for i in batch.indices]


def test_samples_are_called_what_they_are_in_their_set(noise) -> None:
    assert loader(image_set(noise)).name_samples(np.array([22, 0, 3])) == ["22", "0", "3"]
