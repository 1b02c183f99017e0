"""A folder with a folder of samples per class, or such folders for train, val and test."""

from __future__ import annotations

import os
from pathlib import Path

from cnncli.data.endings import KINDS, SAMPLES, find_kind_in_folder, name_sample
from cnncli.data.walk import join_path, walk
from cnncli.errors import DataError
from cnncli.samples import Samples, check_label

SPLITS = {"train": ("train",), "val": ("val", "valid", "validation"), "test": ("test",)}


def can_read(path: str) -> bool:
    """Say whether this is a folder."""
    return Path(path).is_dir()


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train, val and test the folder is divided into; none for class folders."""
    if not _is_divided(path):
        return ()
    return tuple(split for split in SPLITS if find_split_folder(path, split))


def read(path: str, split: str | None) -> Samples:
    """Return the samples of a split, or of all class folders; raise DataError.

    Only the folders directly in it are classes; what lies deeper belongs to them.
    """
    root = join_path(path, find_split_folder(path, split) or "") if split else path
    tree = walk(root, SAMPLES)
    kind = find_kind_in_folder([file for file in tree.files if os.sep in file] or tree.files, root)
    tree.keep(KINDS[kind], kind)
    keys = tuple(file for file in tree.files if os.sep in file)
    loose = len(tree.files) - len(keys)
    if loose and not keys:
        raise DataError(
            f"{root}: {kind}, but no folder per class; "
            f"put the {kind} of each class into a folder of its own",
            path=root,
        )
    notices = tree.notices
    if loose:
        notices += (f"{kind} outside of class folders, ignored: {loose}",)
    labels = tuple(key.split(os.sep, 1)[0] for key in keys)
    for name in dict.fromkeys((*tree.folders, *labels)):
        check_label(name, root)
    return Samples(
        where=root,
        names=tuple(join_path(root, key) for key in keys),
        keys=keys,
        labels=labels,
        noun=name_sample(kind),
        empty=tuple(name for name in tree.folders if name not in set(labels)),
        notices=tuple(f"{root}: {notice}" for notice in notices),
    )


def _is_divided(path: str) -> bool:
    """Tell train/ that holds classes from a class that happens to be called train."""
    folders = {entry.name for entry in _list_visible(path) if entry.is_dir()}
    every_name = {name for names in SPLITS.values() for name in names}
    if folders <= every_name:
        return bool(folders)
    return any(entry.is_dir() for entry in _list_visible(join_path(path, "train")))


def _list_visible(path: str) -> list[os.DirEntry[str]]:
    if not Path(path).is_dir():
        return []
    with os.scandir(path) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


def find_split_folder(path: str, split: str) -> str | None:
    """Return the name of the folder of a split, None without any; raise DataError for two."""
    names = [name for name in SPLITS[split] if Path(path, name).is_dir()]
    if len(names) > 1:
        raise DataError(f"{path}: both {names[0]}/ and {names[1]}/; keep one of them", path=path)
    return names[0] if names else None
