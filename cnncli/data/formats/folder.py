"""A folder with a folder of samples per class, or such folders for train, val and test.

The parts of a set are known by their names (naming.py). A folder that holds nothing but another
folder is passed through. Folders that look like classes and are none are refused: parts of a set or
masks under other names.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection
from pathlib import Path

from cnncli.data.endings import KINDS, NOTES, SAMPLES, find_kind_in_folder, get_suffix
from cnncli.data.formats import part_lists
from cnncli.data.formats.class_folders import check_classes, leave_out_masks, refuse_loose
from cnncli.data.formats.naming import PARTS, Meaning, read_name, read_names
from cnncli.data.other_files import explain_others
from cnncli.data.shapes import name_samples
from cnncli.data.walk import join_path, list_files, list_folders, walk
from cnncli.errors import DataError
from cnncli.samples import Samples, check_label
from cnncli.wording import count_names

USUAL = {"train": ("train",), "val": ("val", "valid", "validation"), "test": ("test",)}  # names
DEEPEST = 8  # folders around everything


def can_read(path: str) -> bool:
    """Say whether this is a folder."""
    return Path(path).is_dir()


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train, val and test the folder is divided into; none for class folders."""
    return tuple(find_parts(path))


def read(path: str, split: str | None) -> Samples:
    """Return the samples of a split, or of all class folders; raise DataError.

    Only the folders directly in it are classes; what lies deeper belongs to them.
    """
    parts = find_parts(path) if split else {}
    root = unwrap(join_path(path, parts[split]), split) if split else path
    tree = walk(root, SAMPLES)
    kind = find_kind_in_folder([file for file in tree.files if os.sep in file] or tree.files, root)
    tree.keep(KINDS[kind], kind)
    keys = [file for file in tree.files if os.sep in file]
    loose = len(tree.files) - len(keys)
    if loose and not keys:
        refuse_loose(root, tree.files, kind)
    notices = list(tree.notices)
    if loose:
        notices.append(f"{kind} outside of class folders, ignored: {loose}")
    keys, masks = leave_out_masks(keys)
    if masks and len(tree.folders) == 1:
        refuse_loose(join_path(root, tree.folders[0]), [*keys, *masks], kind)
    if masks:
        notices.append(f"masks of images beside them ({masks[0]}), ignored: {len(masks)}")
    folders = list(dict.fromkeys((*tree.folders, *(key.split(os.sep, 1)[0] for key in keys))))
    check_classes(root, keys, kind)
    classes = {folder: check_label(folder, root) for folder in folders}
    labels = tuple(classes[key.split(os.sep, 1)[0]] for key in keys)
    names = tuple(join_path(root, key) for key in keys)
    noun, choice = name_samples(kind, names, root)
    return Samples(
        where=root,
        names=names,
        keys=tuple(keys),
        labels=labels,
        noun=noun,
        empty=tuple(dict.fromkeys(name for name in classes.values() if name not in set(labels))),
        notices=(
            *(_word_parts(path, parts, split) if split else ()),
            *(f"{root}: {notice}" for notice in notices),
            *choice,
        ),
        instead=explain_others(tree.ignored),
    )


def find_parts(path: str) -> dict[str, str]:
    """Return the folder of each part of a divided set; none where the folders are classes.

    A folder called train beside others that are no parts is one only where it holds folders itself.
    Raises DataError for two folders of one part.
    """
    folders = list_folders(path)
    meanings = {name: meaning for name, meaning in read_names(folders).items() if meaning.part}
    trains = [name for name, meaning in meanings.items() if meaning.part == "train"]
    if len(meanings) < len(folders) and not any(
        list_folders(join_path(path, name)) for name in trains
    ):
        return {}
    return choose_parts(path, meanings)


def choose_parts(path: str, meanings: dict[str, Meaning]) -> dict[str, str]:
    """Return the folder of each part; raise DataError where two are for one.

    eval is validation, but the test where there is another folder for validation and none to test.
    """
    by_part: dict[str, list[str]] = {}
    for name, meaning in meanings.items():
        by_part.setdefault(meaning.part, []).append(name)
    vals = by_part.get("val", [])
    judged = [name for name in vals if "eval" in name.casefold()]
    if len(vals) == 2 and len(judged) == 1 and "test" not in by_part:
        by_part["test"] = judged
        vals.remove(judged[0])
    for part, names in by_part.items():
        if len(names) > 1:
            names.sort(key=os.fsencode)
            raise DataError(
                f"{path}: both {names[0]}/ and {names[1]}/; keep one of them, or put both into a "
                f"folder called {part}/",
                path=path,
            )
    return {part: by_part[part][0] for part in PARTS if part in by_part}


def unwrap(path: str, part: str | None = None) -> str:
    """Return the folder that holds the set, past folders that hold just another folder, and notes.

    A folder with samples of its own is a class, one whose name says what it holds is not passed
    through, unless it is called like the `part` around it: seg_train/seg_train.
    """
    inner = path
    for _ in range(DEEPEST):
        folders = list_folders(inner)
        if len(folders) != 1 or _holds(inner, SAMPLES - NOTES) or part_lists.can_read(inner):
            return inner
        meaning = read_name(folders[0])
        below = join_path(inner, folders[0])
        if (meaning and (part is None or meaning.part != part)) or Path(below).is_symlink():
            return inner
        if _holds(below, SAMPLES) and not part_lists.can_read(below):
            return inner
        inner = below
    return path


def _holds(path: str, endings: Collection[str]) -> bool:
    return any(get_suffix(name) in endings for name in list_files(path))


def _word_parts(path: str, parts: dict[str, str], split: str) -> list[str]:
    """Return what there is to say about the folder a split is in, and about those beside train."""
    name = parts[split]
    notices = [] if name in USUAL[split] else [f"{path}: {name}/ is taken as {split}"]
    if split != "train":
        return notices
    others = [folder for folder in list_folders(path) if folder not in parts.values()]
    if others:
        shown = count_names(others, "folder", "folders")
        notices.append(f"{path}: no parts of the set, ignored: {shown}")
    classes = _list_classes(path, parts, "train")
    for part in parts:
        names = _list_classes(path, parts, part)
        for what, apart in (
            ("lacks", classes - names if names else set()),
            ("has, and train has not,", names - classes),
        ):
            if apart:
                shown = count_names(sorted(apart, key=os.fsencode), "class", "classes")
                notices.append(f"{path}: {parts[part]}/ {what} {shown}")
    return notices


def _list_classes(path: str, parts: dict[str, str], part: str) -> set[str]:
    folders = list_folders(unwrap(join_path(path, parts[part]), part))
    return {unicodedata.normalize("NFC", name) for name in folders}
