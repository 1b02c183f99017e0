"""Find the samples below a folder, each once, whatever is linked to what; nothing is written."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from cnncli.data.images.file import EXTENSIONS
from cnncli.data.other_files import count_endings
from cnncli.errors import DataError

NOT_OURS = frozenset(  # files and folders of systems and of devices that keep files
    {"thumbs.db", "desktop.ini", "__macosx", "lost+found", "@eadir", "@tmp", "@recycle", "#recycle"}
    | {"$recycle.bin", "system volume information", "__pycache__"}
)


@dataclass
class Tree:
    """What lies below a folder, by its path in the folder."""

    files: list[str] = field(default_factory=list)  # with the endings asked for, in byte order
    folders: list[str] = field(default_factory=list)  # directly in it, in byte order
    ignored: Counter[str] = field(default_factory=Counter)  # other files, by their endings
    loops: list[str] = field(default_factory=list)  # links to folders that are in the tree anyway
    kind: str = "images"  # what the files are

    def keep(self, extensions: Collection[str], kind: str) -> None:
        """Ignore the files with other endings."""
        endings = [Path(file).suffix.lower() for file in self.files]
        self.ignored.update(ending for ending in endings if ending not in extensions)
        pairs = zip(self.files, endings, strict=True)
        self.files = [file for file, ending in pairs if ending in extensions]
        self.kind = kind

    @property
    def notices(self) -> tuple[str, ...]:
        """What was left out, a sentence each."""
        notices = []
        if self.ignored:
            notices.append(
                f"files not named like {self.kind}, ignored: {self.ignored.total()} "
                f"({count_endings(self.ignored)})"
            )
        if self.loops:
            notices.append(
                f"links to folders seen anyway, not followed: {len(self.loops)} ({self.loops[0]})"
            )
        return tuple(notices)


def walk(root: str, extensions: Collection[str] = EXTENSIONS) -> Tree:
    """Return the files with these endings below a folder; raise DataError where it cannot be read.

    Real folders come before linked ones, so an image is found where it lies. A linked folder is
    followed once, and never back into the tree: folders are known by device and inode.
    """
    tree = Tree()
    seen = {_identify(root)}
    links = deque([""])
    while links:
        link = links.popleft()
        identity = _identify(join_path(root, link)) if link else None
        if identity in seen:
            tree.loops.append(link)
            continue
        links.extend(_walk_real(root, link, extensions, tree, seen))
    tree.files.sort(key=os.fsencode)
    tree.folders = sorted(set(tree.folders) - set(tree.loops), key=os.fsencode)
    return tree


def list_folders(path: str) -> list[str]:
    """Return the names of the folders directly in a folder, without those of systems."""
    return [entry.name for entry in _list_ours(path) if _is_folder(entry)]


def list_files(path: str) -> list[str]:
    """Return the names of the files directly in a folder, without those of systems."""
    return [entry.name for entry in _list_ours(path) if not _is_folder(entry)]


def join_path(folder: str, name: str) -> str:
    """Return the path of what lies in a folder, the folder spelled as it was given."""
    return os.path.join(folder, name)  # noqa: PTH118 - pathlib would spell it anew


def _walk_real(
    root: str, start: str, extensions: Collection[str], tree: Tree, seen: set[tuple[int, int]]
) -> list[str]:
    """Add what lies below a folder without following links; return the links to folders."""
    links: list[str] = []
    folders = [start]
    while folders:
        folder = folders.pop()
        seen.add(_identify(join_path(root, folder)))
        for entry in _list_entries(join_path(root, folder)):
            path = join_path(folder, entry.name)
            if not _is_ours(entry.name):
                continue
            if _is_folder(entry):
                (links if entry.is_symlink() else folders).append(path)
                if not folder:
                    tree.folders.append(path)
            elif Path(entry.name).suffix.lower() in extensions:
                tree.files.append(path)
            else:
                tree.ignored[Path(entry.name).suffix.lower()] += 1
    return sorted(links, key=os.fsencode)


def _list_ours(path: str) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, in byte order; nothing for what is no folder."""
    entries = _list_entries(path) if Path(path).is_dir() else []
    ours = [entry for entry in entries if _is_ours(entry.name)]
    return sorted(ours, key=lambda entry: os.fsencode(entry.name))


def _is_ours(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in NOT_OURS


def _list_entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise DataError(f"cannot be listed ({reason})", path=folder, place=folder) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _identify(folder: str) -> tuple[int, int]:
    try:
        status = Path(folder).stat()
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise DataError(f"cannot be opened ({reason})", path=folder, place=folder) from error
    return status.st_dev, status.st_ino
