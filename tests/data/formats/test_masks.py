from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.data.formats import masks
from cnncli.errors import DataError


@pytest.fixture
def masked(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes empty files: masked("images/a.png", "masks/a.png")."""

    def make(*files: str) -> Path:
        for name in files:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return make


def test_images_and_masks_are_paired_by_name(masked: Callable[..., Path]) -> None:
    root = str(masked("images/b.jpg", "images/deep/a.png", "masks/deep/a.png", "masks/b.png"))
    assert masks.can_read(root)
    assert masks.list_splits(root) == ()
    samples = masks.read(root, None)
    assert samples.keys == ("b.jpg", "deep/a.png")
    assert samples.masks == (f"{root}/masks/b.png", f"{root}/masks/deep/a.png")


def test_a_divided_folder_is_read_split_by_split(masked: Callable[..., Path]) -> None:
    pairs = [f"{split}/{kind}/1.png" for split in ("train", "val") for kind in ("images", "masks")]
    root = str(masked(*pairs))
    assert masks.can_read(root)
    assert masks.list_splits(root) == ("train", "val")
    assert masks.read(root, "val").names == (f"{root}/val/images/1.png",)


def test_class_folders_are_none_of_ours(class_folder: Callable[..., Path]) -> None:
    assert not masks.can_read(str(class_folder({"images": 2, "others": 2})))


def test_some_of_the_images_keep_their_masks(masked: Callable[..., Path]) -> None:
    names = [f"{kind}/{i}.png" for kind in ("images", "masks") for i in range(3)]
    some = masks.read(str(masked(*names)), None).take(np.array([2, 0]))
    assert [Path(one).name for one in some.masks] == ["2.png", "0.png"]
    assert [Path(one).name for one in some.names] == ["2.png", "0.png"]


def test_masks_without_an_image_are_noticed(masked: Callable[..., Path]) -> None:
    root = str(masked("images/a.png", "masks/a.png", "masks/b.png"))
    assert masks.read(root, None).notices == (f"{root}: masks without an image, ignored: 1",)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["images/a.png", "images/b.png", "masks/a.png"], "no mask .* for .*images/b.png; add it"),
        (["images/a.png", "images/a.jpg", "masks/a.png"], "a.jpg and a.png have the same name"),
        (["images/a.png", "masks/a.png", "masks/a.bmp"], "a.bmp and a.png have the same name"),
        (["train/images/a.png", "train/masks/a.png", "val/images/a.png"], "has no folder masks/"),
    ],
)
def test_pairs_that_do_not_work_out_are_refused(
    masked: Callable[..., Path], files: list[str], message: str
) -> None:
    root = str(masked(*files))
    with pytest.raises(DataError, match=message):
        masks.read(root, "val" if files[0].startswith("train") else None)


@pytest.mark.parametrize("images", ["imgs", "Image", "photos", "JPEGImages"])
@pytest.mark.parametrize("others", ["Mask", "labels", "annotations", "gt", "SegmentationClass"])
def test_the_two_folders_may_be_called_otherwise(
    masked: Callable[..., Path], images: str, others: str
) -> None:
    root = str(masked(f"{images}/a.jpg", f"{others}/a.png"))
    assert masks.can_read(root)
    assert masks.list_splits(root) == ()
    samples = masks.read(root, None)
    assert samples.masks == (f"{root}/{others}/a.png",)
    assert samples.notices == (
        f"{root}: images from {root}/{images}/, masks from {root}/{others}/",
    )


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/{0}/a.png", "masks/{0}/a.png"),
        ("imgs/{0}_set/a.png", "labels/{0}_set/a_mask.png"),
        ("{0}_images/a.png", "{0}_masks/a.png"),
        ("{0}/img/a.png", "{0}/gt/a_gt.png"),
    ],
)
def test_either_folder_may_be_divided(masked: Callable[..., Path], image: str, mask: str) -> None:
    files = [name.format(part) for part in ("train", "val") for name in (image, mask)]
    root = str(masked(*files))
    assert masks.can_read(root)
    assert masks.list_splits(root) == ("train", "val")
    for part in ("train", "val"):
        samples = masks.read(root, part)
        assert samples.names == (f"{root}/{image.format(part)}",)
        assert samples.masks == (f"{root}/{mask.format(part)}",)


def test_masks_that_are_not_divided_serve_all_parts(masked: Callable[..., Path]) -> None:
    root = str(masked("images/train/a.png", "images/val/b.png", "masks/a.png", "masks/b.png"))
    assert masks.list_splits(root) == ("train", "val")
    assert masks.read(root, "val").masks == (f"{root}/masks/b.png",)


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("{}.jpg", "{}_mask.png"),
        ("{}.jpg", "{}-seg.png"),
        ("{}_image.png", "{}_label.png"),
        ("img_{}.png", "mask_{}.png"),
        ("x/{}.png", "{}.png"),
        ("{}.png", "y/{}_mask.png"),
    ],
)
def test_masks_may_say_so_in_their_names(
    masked: Callable[..., Path], image: str, mask: str
) -> None:
    files = [f for i in (1, 2) for f in (f"images/{image}".format(i), f"masks/{mask}".format(i))]
    samples = masks.read(str(masked(*files)), None)
    for i, name in enumerate(samples.masks, 1):
        assert name.endswith("masks/" + mask.format(i))
    assert "masks are paired with images like" in samples.notices[-1]


def test_boxes_in_words_are_no_masks(masked: Callable[..., Path]) -> None:
    assert not masks.can_read(str(masked("images/a.png", "labels/a.txt")))


def test_names_pair_however_their_letters_are_composed(masked: Callable[..., Path]) -> None:
    samples = masks.read(str(masked("images/caf\u00e9.png", "masks/cafe\u0301.png")), None)
    assert len(samples) == 1


def save_stack(path: Path, pages: int) -> None:
    path.parent.mkdir(exist_ok=True)
    first, *others = (Image.new("L", (3, 2), page) for page in range(pages))
    first.save(path, save_all=True, append_images=others)


def test_the_pages_of_stacks_are_samples(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        save_stack(tmp_path / folder / "cells.tif", 3)
        save_stack(tmp_path / folder / "single.tif", 1)
    samples = masks.read(str(tmp_path), None)
    pages = [f"cells.tif[{page}]" for page in range(3)]
    for names, folder in ((samples.names, "images"), (samples.masks, "masks")):
        assert [Path(name).name for name in names] == [*pages, "single.tif"]
        assert str(tmp_path / folder) in names[0]
    assert samples.keys == ("cells.tif/0", "cells.tif/1", "cells.tif/2", "single.tif")


@pytest.mark.parametrize("broken", ["images", "masks"])
def test_a_stack_that_cannot_be_read_is_one_sample_with_its_mask(
    tmp_path: Path, broken: str
) -> None:
    for name in ("a", "b"):
        save_stack(tmp_path / f"images/{name}.tif", 3)
        save_stack(tmp_path / f"masks/{name}.tif", 3)
    (tmp_path / broken / "a.tif").write_bytes(b"II*\0")
    found = masks.read(str(tmp_path), None)
    assert len(found) == 4
    assert (found.names[0], found.masks[0]) == (
        f"{tmp_path}/images/a.tif",
        f"{tmp_path}/masks/a.tif",
    )


@pytest.mark.parametrize(("pages", "mask_pages"), [(3, 2), (1, 4), (5, 1)])
def test_numbers_of_pages_that_differ_are_refused(
    tmp_path: Path, pages: int, mask_pages: int
) -> None:
    save_stack(tmp_path / "images/a.tif", pages)
    save_stack(tmp_path / "masks/a.tif", mask_pages)
    message = f"images/a.tif: pages: {pages}, and of its mask .*masks/a.tif: {mask_pages}; give"
    with pytest.raises(DataError, match=message):
        masks.read(str(tmp_path), None)


def test_a_single_image_and_a_single_mask_are_a_pair(tmp_path: Path) -> None:
    save_stack(tmp_path / "images/train-volume.tif", 2)
    save_stack(tmp_path / "masks/train-labels.tif", 2)
    samples = masks.read(str(tmp_path), None)
    assert [Path(name).name for name in samples.masks] == [
        "train-labels.tif[0]",
        "train-labels.tif[1]",
    ]
    assert samples.notices[-1].endswith(
        "masks are paired with images like train-labels.tif with train-volume.tif"
    )
    save_stack(tmp_path / "masks/other.tif", 2)
    with pytest.raises(DataError, match="no mask of the same name"):
        masks.read(str(tmp_path), None)
