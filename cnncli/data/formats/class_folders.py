"""Whether the folders in a folder are classes: what only looks like some is refused, or left out.

Folds and parts of a set under names that nobody knows hold the same folders; masks have the names
of their images, in a folder beside them or in the same one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

from cnncli.data.endings import TABLES, get_suffix
from cnncli.data.formats import part_lists
from cnncli.data.formats.naming import Meaning, read_name, strip_stem
from cnncli.data.walk import join_path, list_files
from cnncli.errors import DataError
from cnncli.wording import shorten

FEW = 4  # classes at most, among which masks are looked for


def check_classes(root: str, keys: Sequence[str], kind: str) -> None:
    """Raise DataError where the folders that the samples `keys` are in cannot be classes."""
    _refuse_same_folders(root, keys, kind)
    if kind == "tables":
        _refuse_sets(root, list(dict.fromkeys(key.partition(os.sep)[0] for key in keys)))
    stems: dict[str, dict[str, str]] = {}  # of each folder: the file by its bare name
    for key in keys:
        folder, _, rest = key.partition(os.sep)
        stems.setdefault(folder, {})[strip_stem(rest)] = key
    meanings = [read_name(folder) for folder in stems]
    if all(meanings) and any(meaning.content for meaning in meanings if meaning):
        name = min(stems, key=os.fsencode)
        raise DataError(
            f"{root}: {name}/ is no class by its name; put the {kind} of each class into a "
            "folder of its own, images into images/ and masks of the same names into masks/, or "
            f"give {_name_list(root)}",
            path=root,
        )
    if kind == "images" and 1 < len(stems) <= FEW:
        _refuse_masks(root, stems)


def leave_out_masks(keys: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part the samples from masks beside them: 1_mask.png or masks/1.png beside 1.png."""
    stems = {os.path.splitext(key)[0] for key in keys}  # noqa: PTH122 - keys, not paths
    samples: list[str] = []
    masks: list[str] = []
    for key in keys:
        images = _list_images_of(os.path.splitext(key)[0])  # noqa: PTH122
        (samples if stems.isdisjoint(images) else masks).append(key)
    return samples, masks


def _list_images_of(mask: str) -> list[str]:
    """Return which images a file is a mask of, if it is one, all without their endings."""
    stem, _, word = mask.rpartition("_")
    images = [stem] if stem and _means_masks(word) else []
    for folder in mask.split(os.sep)[1:-1]:  # noqa: PTH206 - a key, not a path
        if _means_masks(folder):
            images.append(mask.replace(f"{os.sep}{folder}{os.sep}", os.sep, 1))
    return images


def _means_masks(word: str) -> bool:
    return read_name(word) == Meaning("", "masks")


def refuse_loose(where: str, files: Sequence[str], kind: str) -> NoReturn:
    """Raise DataError for samples that are in no folders of classes; masks may be among them."""
    _, masks = leave_out_masks(files)
    if masks:
        raise DataError(
            f"{where}: images and masks in one folder ({masks[0]}); put the images into images/ "
            "and the masks into masks/ beside it",
            path=where,
        )
    raise DataError(
        f"{where}: {kind}, but no folder per class; put the {kind} of each class into a folder of "
        "its own",
        path=where,
    )


def _refuse_same_folders(root: str, keys: Sequence[str], kind: str) -> None:
    """Raise DataError for folders with no sample of their own, but the same folders in them."""
    below: dict[str, set[str]] = {}
    for key in keys:
        folder, inner, *deeper = key.split(os.sep, 2)
        below.setdefault(folder, set()).add(inner if deeper else "")
    nested = [folder for folder, inside in below.items() if "" not in inside]
    for folder in nested[1:]:
        shared = below[folder] & below[nested[0]]
        if len(shared) < 2 or 2 * len(shared) < len(below[folder] | below[nested[0]]):
            continue
        names = sorted(shared, key=os.fsencode)
        remedy = "call parts of a set train, val and test"
        if all((meaning := read_name(name)) and meaning.part for name in names):
            remedy = f"put parts of a set outside of classes, as in {names[0]}/{nested[0]}/"
        raise DataError(
            f"{root}: {nested[0]}/ and {folder}/ hold no {kind} of their own but the same "
            f"folders ({shorten(names)}), so they are no classes; {remedy}, or give a list of "
            "path,label",
            path=root,
        )


def _refuse_sets(root: str, folders: Sequence[str]) -> None:
    """Raise DataError where each folder has lists for the parts of a set."""
    if folders and all(part_lists.can_read(join_path(root, folder)) for folder in folders):
        raise DataError(
            f"{root}: {folders[0]}/ is a set with a list for each part, and no class; give "
            f"{join_path(root, folders[0])}",
            path=root,
        )


def _name_list(root: str) -> str:
    """Return the path of a list in a folder, or what such a list would be."""
    lists = [name for name in list_files(root) if get_suffix(name) in TABLES]
    return f"the list {join_path(root, lists[0])}" if lists else "a list of path,label"


def _refuse_masks(root: str, stems: dict[str, dict[str, str]]) -> None:
    """Raise DataError where a folder has masks for the images of another, by names and pixels."""
    from cnncli.data.formats.likeness import are_masks

    for images, files in stems.items():
        for masks, others in stems.items():
            if masks == images or files.keys() != others.keys():
                continue
            pairs = [
                (join_path(root, files[stem]), join_path(root, others[stem])) for stem in files
            ]
            if are_masks(pairs):
                raise DataError(
                    f"{root}: {masks}/ looks like masks for {images}/, of the same names, and not "
                    f"like a class; call them images/ and masks/, or give a list of path,label",
                    path=root,
                )
