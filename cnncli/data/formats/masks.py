"""Images with a mask each: `images/` and `masks/` side by side, also below train/, val/ and test/.

A mask has the name of its image, whatever the extension, and its size. Its pixels are palette
indices or gray levels: each level is a class.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

from cnncli.data.formats.folder import SPLITS, find_split_folder
from cnncli.data.walk import Tree, join_path, walk
from cnncli.errors import DataError
from cnncli.samples import MaskedSamples
from cnncli.wording import count_names

IMAGES, MASKS = "images", "masks"


def can_read(path: str) -> bool:
    """Say whether this is a folder with images/ and masks/, or is divided into such folders."""
    return _is_pair(path) or any(_is_pair(join_path(path, name)) for name in _list_split_names())


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train, val and test the folder is divided into."""
    if _is_pair(path):
        return ()
    return tuple(split for split in SPLITS if find_split_folder(path, split))


def read(path: str, split: str | None) -> MaskedSamples:
    """Return the images of a split, or of a folder that is not divided, with their masks.

    Raises DataError for an image without a mask, or with two.
    """
    root = join_path(path, find_split_folder(path, split) or "") if split else path
    for name in (IMAGES, MASKS):
        if not Path(root, name).is_dir():
            raise DataError(f"{root}: has no folder {name}/; put one there", path=root)
    image_folder, mask_folder = join_path(root, IMAGES), join_path(root, MASKS)
    tree = walk(image_folder)
    images = _index_by_stem(tree, image_folder)
    masks = _index_by_stem(walk(mask_folder), mask_folder)
    without = [join_path(image_folder, images[stem]) for stem in images if stem not in masks]
    if without:
        raise DataError(
            f"{root}: no mask of the same name in {MASKS}/ for "
            f"{count_names(without, '', 'images').strip()}; add it or remove the image",
            path=root,
        )
    notices = [f"{image_folder}: {notice}" for notice in tree.notices]
    if len(masks) > len(images):
        notices.append(f"{root}: masks without an image, ignored: {len(masks) - len(images)}")
    return MaskedSamples(
        where=root,
        names=tuple(join_path(image_folder, file) for file in images.values()),
        keys=tuple(images.values()),
        labels=(),
        suggests="segment",
        folder=path,
        notices=tuple(notices),
        masks=tuple(join_path(mask_folder, masks[stem]) for stem in images),
    )


def _is_pair(path: str) -> bool:
    return Path(path, IMAGES).is_dir() and Path(path, MASKS).is_dir()


def _list_split_names() -> list[str]:
    return [name for names in SPLITS.values() for name in names]


def _index_by_stem(tree: Tree, where: str) -> dict[str, str]:
    """Return the files of a folder by their paths without the extension."""
    files = defaultdict(list)
    for file in tree.files:
        files[os.path.splitext(file)[0]].append(file)  # noqa: PTH122 - pathlib would spell it anew
    for same in files.values():
        if len(same) > 1:
            raise DataError(
                f"{where}: {same[0]} and {same[1]} have the same name; remove one of them",
                path=where,
            )
    return {stem: same[0] for stem, same in files.items()}
