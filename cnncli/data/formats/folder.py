"""A folder with a folder of samples per class, or such folders for train, val and test.

The parts of a set are known by their names (naming.py). A folder that holds nothing but another
folder is passed through. Folders that look like classes and are none are refused: parts of a set or
masks under other names.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from cnncli.data.endings import KINDS, SAMPLES, find_kind_in_folder, get_suffix, name_sample
from cnncli.data.formats.naming import PARTS, Meaning, read_name, read_names
from cnncli.data.walk import NOT_OURS, join_path, walk
from cnncli.errors import DataError
from cnncli.samples import Samples, check_label
from cnncli.wording import count_names, shorten

SPLITS = {"train": ("train",), "val": ("val", "valid", "validation"), "test": ("test",)}
DEEPEST = 8  # folders around everything
FEW = 4  # classes at most, among which masks are looked for


def can_read(path: str) -> bool:
    """Say whether this is a folder."""
    return Path(path).is_dir()


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train, val and test the folder is divided into; none for class folders."""
    return tuple(part for part in PARTS if part in find_parts(path))


def read(path: str, split: str | None) -> Samples:
    """Return the samples of a split, or of all class folders; raise DataError.

    Only the folders directly in it are classes; what lies deeper belongs to them.
    """
    root = unwrap(join_path(path, find_parts(path)[split]), split) if split else path
    tree = walk(root, SAMPLES)
    kind = find_kind_in_folder([file for file in tree.files if os.sep in file] or tree.files, root)
    tree.keep(KINDS[kind], kind)
    keys = [file for file in tree.files if os.sep in file]
    loose = len(tree.files) - len(keys)
    if loose and not keys:
        raise DataError(
            f"{root}: {kind}, but no folder per class; "
            f"put the {kind} of each class into a folder of its own",
            path=root,
        )
    notices = list(tree.notices)
    if loose:
        notices.append(f"{kind} outside of class folders, ignored: {loose}")
    keys, masks = _leave_out_masks(keys)
    if masks:
        notices.append(f"masks of images beside them ({masks[0]}), ignored: {len(masks)}")
    folders = list(dict.fromkeys((*tree.folders, *(key.split(os.sep, 1)[0] for key in keys))))
    _check_classes(root, keys, kind)
    classes = {folder: check_label(folder, root) for folder in folders}
    labels = tuple(classes[key.split(os.sep, 1)[0]] for key in keys)
    spoken = [f"{root}: {notice}" for notice in notices]
    return Samples(
        where=root,
        names=tuple(join_path(root, key) for key in keys),
        keys=tuple(keys),
        labels=labels,
        noun=name_sample(kind),
        empty=tuple(dict.fromkeys(name for name in classes.values() if name not in set(labels))),
        notices=tuple(word_parts(path, split) + _compare_classes(path, split) + spoken),
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
    for names in by_part.values():
        if len(names) > 1:
            names.sort(key=os.fsencode)
            raise DataError(
                f"{path}: both {names[0]}/ and {names[1]}/; keep one of them", path=path
            )
    return {part: names[0] for part, names in by_part.items()}


def word_parts(path: str, split: str | None) -> list[str]:
    """Return what there is to say about the folder a split was found in."""
    if split is None:
        return []
    name = find_parts(path).get(split, "")
    return [] if name in ("", *SPLITS[split]) else [f"{path}: {name}/ is taken as {split}"]


def list_folders(path: str) -> list[str]:
    """Return the names of the folders in a folder, without hidden ones and those of systems."""
    if not Path(path).is_dir():
        return []
    with os.scandir(path) as entries:
        names = [entry.name for entry in entries if _is_ours(entry.name) and entry.is_dir()]
    return sorted(names, key=os.fsencode)


def unwrap(path: str, part: str | None = None) -> str:
    """Return the folder that holds the set, past folders that hold just another folder.

    A folder with samples of its own is a class, one whose name says what it holds is not passed
    through, unless it is called like the `part` around it: seg_train/seg_train.
    """
    inner = path
    for _ in range(DEEPEST):
        folders = list_folders(inner)
        if len(folders) != 1 or _holds_samples(inner):
            return inner
        meaning = read_name(folders[0])
        below = join_path(inner, folders[0])
        if (meaning and (part is None or meaning.part != part)) or Path(below).is_symlink():
            return inner
        if _holds_samples(below):
            return inner
        inner = below
    return path


def _is_ours(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in NOT_OURS


def _holds_samples(path: str) -> bool:
    with os.scandir(path) as entries:
        return any(get_suffix(entry.name) in SAMPLES for entry in entries if _is_ours(entry.name))


def _compare_classes(path: str, split: str | None) -> list[str]:
    """Return which classes of train are not in the other parts, and the other way around."""
    if split != "train":
        return []
    parts = find_parts(path)
    classes = {
        part: {
            unicodedata.normalize("NFC", name)
            for name in list_folders(unwrap(join_path(path, folder), part))
        }
        for part, folder in sorted(parts.items(), key=lambda pair: list(PARTS).index(pair[0]))
    }
    notices = []
    for part, names in classes.items():
        if not names:
            continue
        for what, apart in (
            ("lacks", classes["train"] - names),
            ("has, and train has not,", names - classes["train"]),
        ):
            if apart:
                shown = count_names(sorted(apart, key=os.fsencode), "class", "classes")
                notices.append(f"{path}: {parts[part]}/ {what} {shown}")
    return notices


def _check_classes(root: str, keys: Sequence[str], kind: str) -> None:
    """Raise DataError for folders that cannot be classes: parts of a set, masks of a sister."""
    below: dict[str, set[str]] = {}
    stems: dict[str, dict[str, str]] = {}
    for key in keys:
        folder, _, rest = key.partition(os.sep)
        inner, deeper, _ = rest.partition(os.sep)
        below.setdefault(folder, set()).add(inner if deeper else "")
        stems.setdefault(folder, {})[strip_stem(rest)] = key
    nested = [folder for folder, inside in below.items() if "" not in inside]
    for folder in nested[1:]:
        shared = below[folder] & below[nested[0]]
        if len(shared) > 1 and 2 * len(shared) >= len(below[folder] | below[nested[0]]):
            names = sorted(shared, key=os.fsencode)
            raise DataError(
                f"{root}: {nested[0]}/ and {folder}/ hold no {kind} of their own but the same "
                f"folders ({shorten(names)}), so they are no classes; call parts of a set train, "
                "val and test, or give a list of path,label",
                path=root,
            )
    contents = {meaning.content for folder in stems if (meaning := read_name(folder))}
    if stems and contents and all(read_name(folder) for folder in stems):
        names = sorted(stems, key=os.fsencode)
        raise DataError(
            f"{root}: {names[0]}/ is no class by its name; put the {kind} of each class into a "
            "folder of its own, or images into images/ and masks of the same names into masks/",
            path=root,
        )
    if kind == "images" and 1 < len(stems) <= FEW:
        _check_sisters(root, stems)


def _check_sisters(root: str, stems: dict[str, dict[str, str]]) -> None:
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


def strip_stem(name: str) -> str:
    """Return a name without its extension and without what says image or mask: x of x_mask.png."""
    folder, base = os.path.split(os.path.splitext(name)[0])  # noqa: PTH122 - keys, not paths
    for separator in "_- .":
        for words in (base.rpartition(separator)[::-1], base.partition(separator)):
            word, _, rest = words
            meaning = read_name(word)
            if rest and meaning and meaning.content and not meaning.part:
                return unicodedata.normalize("NFC", join_path(folder, rest))
    return unicodedata.normalize("NFC", join_path(folder, base))


def _leave_out_masks(keys: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part the samples from masks that lie beside them: 1_mask.png beside 1.png."""
    plain = {os.path.splitext(key)[0] for key in keys}  # noqa: PTH122 - keys, not paths
    kept: list[str] = []
    masks: list[str] = []
    for key in keys:
        stem = os.path.splitext(key)[0]  # noqa: PTH122
        word = stem.rpartition("_")[2]
        meaning = read_name(word)
        is_mask = meaning == Meaning("", "masks") and stem.rpartition("_")[0] in plain
        (masks if is_mask else kept).append(key)
    return kept, masks
