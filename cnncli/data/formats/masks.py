"""Images with a mask each: `images/` and `masks/` side by side, also below train/, val/ and test/.

The two folders may be called otherwise (naming.py), and they may be divided themselves:
images/train and masks/train. A mask has the name of its image, whatever the extension, or that name
with a word that says mask, and its size. Each color in it is a class. The pages of a TIFF are
samples, paired in their order.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence

from cnncli.data.endings import get_suffix
from cnncli.data.formats.folder import choose_parts
from cnncli.data.formats.naming import PARTS, Meaning, read_names, strip_stem
from cnncli.data.images.file import EXTENSIONS, list_pages
from cnncli.data.maps.turning import find_turns
from cnncli.data.other_files import explain_others
from cnncli.data.unreadable import FileError
from cnncli.data.walk import Tree, join_path, list_folders, walk
from cnncli.errors import DataError
from cnncli.samples import MaskedSamples
from cnncli.wording import count_names

IMAGES, MASKS = "images", "masks"
Folders = dict[str, str]  # of images and of masks


def can_read(path: str) -> bool:
    """Say whether this is a folder with images and masks, or is divided into such folders."""
    return any(_is_pair(folders) for folders in _find_folders(path).values())


def list_splits(path: str) -> tuple[str, ...]:
    """Return which of train, val and test the folder is divided into."""
    found = _find_folders(path)
    return () if "" in found else tuple(split for split in PARTS if split in found)


def read(path: str, split: str | None) -> MaskedSamples:
    """Return the images of a split, or of a folder that is not divided, with their masks.

    Raises DataError for an image without a mask, or with two.
    """
    folders = _find_folders(path)[split or ""]
    for name in (IMAGES, MASKS):
        if name not in folders:
            root = os.path.dirname(next(iter(folders.values())))  # noqa: PTH120 - spelled as given
            raise DataError(f"{root}: has no folder {name}/; put one there", path=root)
    image_folder, mask_folder = folders[IMAGES], folders[MASKS]
    root = os.path.commonpath([image_folder, mask_folder])
    tree = walk(image_folder)
    images, masks, renamed = _pair(tree, walk(mask_folder), image_folder, mask_folder)
    without = [join_path(image_folder, images[stem]) for stem in images if stem not in masks]
    if without:
        raise DataError(
            f"{root}: no mask of the same name in {os.path.basename(mask_folder)}/ for "  # noqa: PTH119
            f"{count_names(without, '', 'images').strip()}; add it or remove the image",
            path=root,
        )
    names, keys, paths = _list_samples(
        [
            (join_path(image_folder, file), file, join_path(mask_folder, masks[stem]))
            for stem, file in images.items()
        ]
    )
    notices = [f"{image_folder}: {notice}" for notice in tree.notices]
    if (image_folder, mask_folder) != (join_path(root, IMAGES), join_path(root, MASKS)):
        notices.append(f"{root}: images from {image_folder}/, masks from {mask_folder}/")
    if renamed:
        image, mask = next((images[stem], masks[stem]) for stem in images)
        notices.append(f"{root}: masks are paired with images like {mask} with {image}")
    turns = find_turns(names, paths)
    if turned := sum(turn != 1 for turn in turns):
        notices.append(f"{root}: masks turned as their images are by Exif: {turned}")
    if len(masks) > len(images):
        notices.append(f"{root}: masks without an image, ignored: {len(masks) - len(images)}")
    return MaskedSamples(
        where=root,
        names=names,
        keys=keys,
        labels=(),
        suggests="segment",
        folder=path,
        notices=tuple(notices),
        masks=paths,
        turns=turns,
        instead=explain_others(tree.ignored, ["image"]),
    )


def _list_samples(
    files: Sequence[tuple[str, str, str]],
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return names, keys and masks of samples, a page of a file each, from those of the files.

    Raises DataError for an image and a mask of different numbers of pages.
    """
    names: list[str] = []
    keys: list[str] = []
    masks: list[str] = []
    for image, key, mask in files:
        try:
            pages, mask_pages = list_pages(image), list_pages(mask)
        except FileError:  # whoever decodes them says which cannot be read
            pages, mask_pages = [image], [mask]
        if len(pages) != len(mask_pages):
            raise DataError(
                f"{image}: pages: {len(pages)}, and of its mask {mask}: {len(mask_pages)}; give "
                "both the same number",
                path=image,
            )
        names += pages
        keys += [key] if len(pages) == 1 else [f"{key}/{page}" for page in range(len(pages))]
        masks += mask_pages
    return tuple(names), tuple(keys), tuple(masks)


def _find_folders(path: str) -> dict[str, Folders]:
    """Return the folders of images and of masks of each part, "" for a set that is not divided."""
    meanings = read_names(list_folders(path))
    found: dict[str, Folders] = defaultdict(dict)
    for content in (IMAGES, MASKS):
        for name in _choose(path, meanings, Meaning("", content)):
            _add_divided(found, content, join_path(path, name))
        for part in PARTS:
            for name in _choose(path, meanings, Meaning(part, content)):
                found[part][content] = join_path(path, name)
    whole = found.pop("", {})
    if whole and found:  # one of the two is divided, the other serves all parts
        for folders in found.values():
            folders |= {content: whole[content] for content in whole if content not in folders}
        return dict(found)
    if _is_pair(whole):
        return {"": whole}
    parts = {name: meaning for name, meaning in meanings.items() if meaning.part}
    divided: dict[str, Folders] = {}
    for part, name in choose_parts(path, parts).items() if not found else ():
        root = join_path(path, name)
        inside = read_names(list_folders(root))
        divided[part] = {
            content: join_path(root, folder)
            for content in (IMAGES, MASKS)
            for folder in _choose(root, inside, Meaning("", content))
        }
    return {part: folders for part, folders in divided.items() if folders} or dict(found)


def _choose(path: str, meanings: dict[str, Meaning], wanted: Meaning) -> list[str]:
    """Return the folder that means this, or none, in a list; raise DataError for two."""
    names = [name for name, meaning in meanings.items() if meaning == wanted]
    if len(names) > 1:
        names = [name for name in names if _holds_images(join_path(path, name))]
    if len(names) > 1:
        raise DataError(f"{path}: both {names[0]}/ and {names[1]}/; keep one of them", path=path)
    return names


def _add_divided(found: dict[str, Folders], content: str, folder: str) -> None:
    """Add a folder of images or masks, or those for train, val and test that it is divided into."""
    inside = list_folders(folder)
    meanings = read_names(inside)
    divided = bool(inside) and all(
        name in meanings and meanings[name].part and meanings[name].content in ("", content)
        for name in inside
    )
    if not divided:
        found[""][content] = folder
        return
    for part, name in choose_parts(folder, meanings).items():
        found[part][content] = join_path(folder, name)


def _is_pair(folders: Folders) -> bool:
    """Say whether there are both images and masks, and not boxes or words in place of masks."""
    return len(folders) == 2 and _holds_images(folders[MASKS])


def _holds_images(folder: str) -> bool:
    """Say whether a folder, or one in it, holds an image."""
    return any(get_suffix(name) in EXTENSIONS for _, _, names in os.walk(folder) for name in names)


def _pair(
    images: Tree, masks: Tree, image_folder: str, mask_folder: str
) -> tuple[dict[str, str], dict[str, str], bool]:
    """Return images and masks by what their names share, and whether that is less than the stem.

    In this order: the path without extension, without a word that says image or mask, without the
    folders, without both, nothing. The first that gives each image a mask is taken.
    """
    exact = (
        _index_by_stem(images, image_folder),
        _index_by_stem(masks, mask_folder),
    )
    if exact[0].keys() <= exact[1].keys():
        return *exact, False
    rules: tuple[Callable[[str], str], ...] = (
        strip_stem,
        lambda name: os.path.basename(_cut_ending(name)),  # noqa: PTH119 - keys, not paths
        lambda name: strip_stem(os.path.basename(name)),  # noqa: PTH119
        lambda name: "",  # of a single image and a single mask, as stacks are
    )
    for rule in rules:
        indexes = [{rule(file): file for file in tree.files} for tree in (images, masks)]
        unique = all(
            len(index) == len(tree.files)
            for index, tree in zip(indexes, (images, masks), strict=True)
        )
        if unique and indexes[0].keys() <= indexes[1].keys():
            return indexes[0], indexes[1], True
    return *exact, False


def _cut_ending(name: str) -> str:
    return unicodedata.normalize("NFC", os.path.splitext(name)[0])  # noqa: PTH122 - as it is spelled


def _index_by_stem(tree: Tree, where: str) -> dict[str, str]:
    """Return the files of a folder by their paths without the extension."""
    files = defaultdict(list)
    for file in tree.files:
        files[_cut_ending(file)].append(file)
    for same in files.values():
        if len(same) > 1:
            raise DataError(
                f"{where}: {same[0]} and {same[1]} have the same name; remove one of them",
                path=where,
            )
    return {stem: same[0] for stem, same in files.items()}
