from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.formats import folder
from cnncli.data.images.file import decode
from cnncli.data.images.preprocessing import Preprocessing
from cnncli.data.set import SampleSet
from cnncli.data.signals.preprocessing import SignalPreprocessing
from cnncli.data.source import open_data
from cnncli.data.unreadable import UnreadableError
from cnncli.errors import DataError
from cnncli.samples import Samples
from cnncli.tasks import Classification

SIGNALS = SignalPreprocessing(6, 2, None)
SHAPE = Preprocessing(8, 7, 3)


def loaded(root, classes=("cat", "dog"), **options: object) -> SampleSet:
    return SampleSet(folder.read(str(root), None), SHAPE, Classification(tuple(classes)), **options)


def test_pixels_and_labels_are_those_of_the_files(class_folder) -> None:
    images = loaded(class_folder({"cat": 3, "dog": 2}))
    assert len(images) == 5
    assert images.targets.dtype == np.int32
    assert images.targets.tolist() == [0, 0, 0, 1, 1]
    for name, pixels in zip(images.names, images.values, strict=True):
        assert np.array_equal(pixels, SHAPE.prepare_pixels(decode(name).pixels))
    assert images.memory_bytes == images.values.nbytes == 5 * 8 * 7 * 3


def test_the_levels_of_every_channel_are_counted(class_folder) -> None:
    images = loaded(class_folder({"cat": 3, "dog": 2}, mode="RGB"))
    for channel in range(3):
        expected = np.bincount(images.values[..., channel].ravel(), minlength=256)
        assert np.array_equal(images.statistics.counts[channel], expected)


def test_labels_follow_the_classes_that_are_given(class_folder) -> None:
    root = class_folder({"dog": 2})
    assert loaded(root, ("ant", "cat", "dog")).targets.tolist() == [2, 2]


def test_threads_change_nothing(class_folder) -> None:
    root = class_folder({"cat": 40, "dog": 30})
    one, many = loaded(root), loaded(root, threads=5)
    assert np.array_equal(one.values, many.values)
    assert np.array_equal(one.checksums, many.checksums)


def test_too_little_memory_decodes_on_demand_to_the_same_pixels(class_folder) -> None:
    root = class_folder({"cat": 20, "dog": 20})
    kept, streamed = loaded(root), loaded(root, memory=0, threads=3)
    assert streamed.values is None
    assert streamed.memory_bytes == 0
    assert "do not fit into the memory" in streamed.notices[0]
    assert np.array_equal(streamed.checksums, kept.checksums)
    assert np.array_equal(streamed.statistics.counts, kept.statistics.counts)
    indices = np.array([39, 0, 17, 17])
    for images in (kept, streamed):
        out = np.zeros((4, 8, 7, 3), np.uint8)
        images.read(indices, out)
        assert np.array_equal(out, kept.values[indices])


def test_an_image_that_vanishes_later_is_a_data_error(class_folder) -> None:
    root = class_folder({"cat": 2, "dog": 2})
    images = loaded(root, memory=0)
    (root / "cat/1.png").unlink()
    with pytest.raises(DataError, match=r"cat/1\.png: not a readable image \(no such file\)"):
        images.read(np.array([0, 1]), np.zeros((2, 8, 7, 3), np.uint8))


@pytest.mark.parametrize("memory", [None, 0])
def test_all_bad_images_are_found_and_listed_in_order(class_folder, memory: int | None) -> None:
    root = class_folder({"cat": 60, "dog": 60})
    whole = (root / "cat/7.png").read_bytes()
    (root / "cat/7.png").write_bytes(whole[:50])
    (root / "dog/5.png").write_text("text")
    with pytest.raises(DataError) as caught:
        loaded(root, memory=memory, threads=2)
    message = str(caught.value)
    assert message.startswith(f"{root}: 2 of 120 images cannot be read: {root}/cat/7.png (")
    assert f"{root}/dog/5.png (not JPEG" in message
    assert message.endswith("; replace or remove them, or go on without them by skip_broken")
    assert "\n" not in message


def test_one_bad_image_is_counted_among_all(class_folder) -> None:
    root = class_folder({"cat": 3, "dog": 3})
    (root / "dog/2.png").write_text("text")
    with pytest.raises(UnreadableError, match=r"1 of 6 images cannot be read: \S*dog/2\.png \(not"):
        loaded(root)


def test_first_frames_are_noticed_once(class_folder, picture) -> None:
    root = class_folder({"cat": 3, "dog": 1})
    frames = [picture(6, 5, seed=i) for i in range(3)]
    for i in range(2):
        frames[0].save(root / f"cat/{i}.gif", save_all=True, append_images=frames[1:])
    assert loaded(root).notices == (
        f"{root}: images of which only the first frame or page is used: 2",
    )


def test_arrays_are_taken_over_and_resized_where_they_must_be(noise) -> None:
    names = ("a", "b")
    for size in ((8, 7), (3, 4)):
        pixels = np.stack([noise(*size, 3, seed) for seed in range(2)])
        images = SampleSet(
            Samples("set", names, names, names, pixels), SHAPE, Classification(names)
        )
        assert np.array_equal(images.values, [SHAPE.prepare_pixels(one) for one in pixels])


@pytest.mark.parametrize("memory", [None, 0])
def test_samples_come_in_order_with_their_targets(class_folder, memory: int | None) -> None:
    root = class_folder({"cat": 4, "dog": 3})
    kept, images = loaded(root), loaded(root, memory=memory)
    parts = [(values.copy(), targets) for values, targets in images.in_order(3)]
    assert [len(values) for values, _ in parts] == [3, 3, 1]
    assert np.array_equal(np.concatenate([values for values, _ in parts]), kept.values)
    assert np.concatenate([targets for _, targets in parts]).tolist() == [0] * 4 + [1] * 3


def test_signals_that_do_not_fit_into_memory_are_decoded_again(signal_folder: Path) -> None:
    samples = open_data(str(signal_folder)).read()
    kept = SampleSet(samples, SIGNALS, Classification(("a", "b")), threads=2)
    again = SampleSet(samples, SIGNALS, Classification(("a", "b")), threads=2, memory=0)
    out = np.empty((3, 6, 2), np.float32)
    again.read(np.array([5, 0, 9]), out)
    assert np.array_equal(out, kept.values[[5, 0, 9]])
    assert np.array_equal(again.checksums, kept.checksums)
