"""What names of folders, columns and parts say, whoever chose them; case does not matter."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import NamedTuple

from cnncli.data.walk import join_path

PARTS = {
    "train": ("train", "training", "trn"),
    "val": ("val", "valid", "validation", "validate", "dev", "eval", "evaluation"),
    "test": ("test", "testing", "tst"),
}
IMAGES = frozenset({"image", "images", "img", "imgs", "photo", "photos", "picture", "pictures"})
MASKS = frozenset(
    {"mask", "masks", "label", "labels", "annotation", "annotations", "gt", "groundtruth"}
    | {"ground", "truth"}
    | {"seg", "segs", "segmentation", "segmentations"}
)
FILLERS = frozenset({"set", "sets", "data", "dataset", "split", "folder", ""})
JOINED = {"jpegimages": "images", "segmentationclass": "masks"}  # of PASCAL VOC
YEAR = re.compile(r"(19|20)\d\d")
PART_OF = {word: part for part, words in PARTS.items() for word in words}


class Meaning(NamedTuple):
    """What a folder holds by its name: a part of the set, images or masks, or both."""

    part: str = ""  # train, val, test
    content: str = ""  # images, masks


def read_name(name: str) -> Meaning | None:
    """Return what a name such as Training_set or val_images says; None for any other word."""
    return _read_words(_split_words(name))


def read_names(names: list[str]) -> dict[str, Meaning]:
    """Return the names that say something, a word that several of them share left out.

    So cells_train and cells_test are parts, and cells_train beside dogs is not.
    """
    meanings = {name: meaning for name in names if (meaning := read_name(name))}
    families: dict[tuple[str, ...], dict[str, Meaning]] = {}
    for name in names:
        words = _split_words(name)
        known = [word for word in words if _read_words([word])]
        strange = tuple(word for word in words if word not in known)
        meaning = _read_words(known)
        if strange and meaning:
            families.setdefault(strange, {})[name] = meaning
    for family in families.values():
        if len(set(family.values())) > 1:
            meanings |= family
    return meanings


def read_part(word: str) -> str | None:
    """Return which of train, val and test a word in a list stands for."""
    meaning = read_name(word)
    return meaning.part or None if meaning else None


def strip_stem(name: str) -> str:
    """Return a name without its extension and without what says image or mask: x of x_mask.png."""
    folder, base = os.path.split(os.path.splitext(name)[0])  # noqa: PTH122 - keys, not paths
    for separator in "_- .":
        for words in (base.rpartition(separator)[::-1], base.partition(separator)):
            word, _, rest = words
            meaning = read_name(word) if rest else None
            if meaning and meaning.content and not meaning.part:
                return unicodedata.normalize("NFC", join_path(folder, rest))
    return unicodedata.normalize("NFC", join_path(folder, base))


def _split_words(name: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", JOINED.get(name.casefold(), name))
    words = re.findall(r"[^\W\d_]+|\d+", parted.casefold())
    shortened = [re.sub("(set|data)$", "", word) for word in words]
    return [word for word in shortened if word not in FILLERS]


def _read_words(words: list[str]) -> Meaning | None:
    part = content = ""
    for word in words:
        if word in PART_OF and not part:
            part = PART_OF[word]
        elif word in IMAGES and not content:
            content = "images"
        elif word in MASKS and content in ("", "masks"):
            content = "masks"
        elif not (YEAR.fullmatch(word) and part):
            return None
    return Meaning(part, content) if part or content else None
