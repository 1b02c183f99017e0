"""A folder with a list or a table for each part of a set: train.csv and test.csv.

The archive of the University of California, Riverside, comes so (Coffee_TRAIN.tsv, Coffee_TEST.tsv,
or .txt), and Kaggle's MNIST, whose test.csv has no labels and is left out.
"""

from __future__ import annotations

import os
from dataclasses import replace

from cnncli.data.endings import get_suffix
from cnncli.data.formats import listing
from cnncli.data.formats.naming import PARTS, Meaning, read_names
from cnncli.data.walk import join_path, list_files, list_folders
from cnncli.errors import DataError
from cnncli.samples import Samples


def can_read(path: str) -> bool:
    """Say whether a folder has a list to train on, and no folder for that part of the set.

    Where there are other folders, lists without labels, or several for a part, are notes about what
    these hold.
    """
    folders = list_folders(path)
    lists = _find_lists(path)
    if "train" not in lists or "train" in {part for part, _ in read_names(folders).values()}:
        return False
    if not folders:
        return True
    alone = all(len(names) == 1 for names in lists.values())
    (name, *_) = lists["train"]
    return alone and get_suffix(name) != ".txt" and listing.has_labels(join_path(path, name))


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train, val and test have a list with labels; raise DataError."""
    lists = _choose_lists(path)
    return tuple(part for part in PARTS if part in lists and listing.has_labels(lists[part]))


def read(path: str, split: str | None) -> Samples:
    """Return the samples of a split; raise DataError."""
    lists = _choose_lists(path)
    samples = listing.read(lists[split or "train"], None)
    notices = [f"{path}: divided by the lists {', '.join(lists.values())}"]
    notices += [
        f"{file}: has no labels and is left out"
        for file in lists.values()
        if not listing.has_labels(file)
    ]
    return replace(samples, notices=(*notices, *samples.notices))


def _find_lists(path: str) -> dict[str, list[str]]:
    """Return the names of the lists for each part."""
    stems = {name: os.path.splitext(name)[0] for name in list_files(path) if _is_list(name)}  # noqa: PTH122
    meanings = read_names(list(stems.values()))
    lists = {
        part: [name for name, stem in stems.items() if _means(meanings.get(stem), part)]
        for part in PARTS
    }
    return {part: names for part, names in lists.items() if names}


def _choose_lists(path: str) -> dict[str, str]:
    """Return the path of the list of each part; raise DataError for two of one part."""
    lists = _find_lists(path)
    for part, names in lists.items():
        if len(names) > 1:
            raise DataError(
                f"{path}: {names[0]} and {names[1]} are both for {part}; keep one list for each "
                "part, with the class of each sample beside it",
                path=path,
            )
    return {part: join_path(path, names[0]) for part, names in lists.items()}


def _means(meaning: Meaning | None, part: str) -> bool:
    return meaning is not None and meaning.part == part


def _is_list(name: str) -> bool:
    return get_suffix(name) in listing.SUFFIXES
