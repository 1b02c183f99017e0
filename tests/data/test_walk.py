from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cnncli.data.walk import join_path, list_files, list_folders, walk
from cnncli.errors import DataError


def touch(root: Path, *names: str) -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_files_come_in_the_byte_order_of_their_paths(tmp_path: Path) -> None:
    touch(tmp_path, "b/1.png", "a/10.png", "a/2.png", "B/1.png", "a/x/1.png", "é/1.png")
    assert walk(str(tmp_path)).files == [
        "B/1.png", "a/10.png", "a/2.png", "a/x/1.png", "b/1.png", "é/1.png",
    ]  # fmt: skip


def test_folders_are_the_ones_directly_inside(tmp_path: Path) -> None:
    touch(tmp_path, "10/1.png", "2/x/1.png", "1/1.png")
    (tmp_path / "none").mkdir()
    assert walk(str(tmp_path)).folders == ["1", "10", "2", "none"]


def test_dot_entries_and_leavings_of_other_systems_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "a/.hidden.png", "a/._1.png", "a/Thumbs.db", "a/desktop.ini")
    touch(tmp_path, ".ipynb_checkpoints/1.png", "a/.DS_Store")
    tree = walk(str(tmp_path))
    assert tree.files == ["a/1.png"]
    assert tree.folders == ["a"]
    assert tree.notices == ()


def test_other_files_are_counted(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.PNG", "a/1.txt", "a/readme", "labels.csv")
    tree = walk(str(tmp_path))
    assert tree.files == ["a/1.PNG"]
    assert tree.notices == (
        "files not named like images, ignored: 3 (1 without an ending, 1 .csv, 1 .txt)",
    )


def test_crossing_links_show_every_file_once(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.png", "b/2.png")
    (tmp_path / "a/up").symlink_to("..")
    (tmp_path / "a/over").symlink_to("../b")
    (tmp_path / "b/over").symlink_to("../a")
    (tmp_path / "c").symlink_to("a")
    started = time.monotonic()
    tree = walk(str(tmp_path))
    assert time.monotonic() - started < 1
    assert tree.files == ["a/1.png", "b/2.png"]
    assert tree.folders == ["a", "b"]
    assert tree.notices == ("links to folders seen anyway, not followed: 4 (a/over)",)


def test_a_linked_folder_from_outside_is_followed_once(tmp_path: Path) -> None:
    touch(tmp_path, "outside/1.png", "outside/deep/2.png", "set/a/3.png")
    (tmp_path / "outside/back").symlink_to("../outside")
    (tmp_path / "set/b").symlink_to("../outside")
    (tmp_path / "set/c").symlink_to("../outside/deep")
    tree = walk(str(tmp_path / "set"))
    assert tree.files == ["a/3.png", "b/1.png", "b/deep/2.png"]
    assert tree.folders == ["a", "b"]


def test_dangling_links_and_pipes_named_like_images_are_listed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/gone.png").symlink_to("nowhere.png")
    (tmp_path / "a/self.png").symlink_to("self.png")
    os.mkfifo(tmp_path / "a/pipe.png")
    assert walk(str(tmp_path)).files == ["a/gone.png", "a/pipe.png", "a/self.png"]


def test_a_folder_named_like_an_image_is_a_folder(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.png/1.png")
    assert walk(str(tmp_path)).files == ["a/x.png/1.png"]


def test_names_that_are_not_utf8_survive(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    names = [b"\xff.png", b"-rf.png", b"new\nline.png", "\u202egnp.png".encode()]
    for name in names:
        (tmp_path / "a" / os.fsdecode(name)).touch()
    found = [os.fsencode(file) for file in walk(str(tmp_path)).files]
    assert found == sorted(b"a/" + name for name in names)


def test_a_missing_folder_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be opened \\(no such file or directory\\)"):
        walk(str(tmp_path / "gone"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(mode=0)
    with pytest.raises(DataError, match="permission denied"):
        walk(str(tmp_path))


def test_paths_keep_the_spelling_of_the_folder() -> None:
    assert join_path("./a//b/", "c.png") == "./a//b/c.png"
    assert join_path("", "c.png") == "c.png"


def test_what_lies_directly_in_a_folder_comes_in_byte_order(tmp_path: Path) -> None:
    touch(tmp_path, "b/1.png", "a/1.png", "2.csv", "10.csv", "Thumbs.db", "@eaDir/1.png", ".x")
    (tmp_path / "loop").symlink_to("loop")
    assert list_folders(str(tmp_path)) == ["a", "b"]
    assert list_files(str(tmp_path)) == ["10.csv", "2.csv", "loop"]


def test_what_is_no_folder_holds_nothing(tmp_path: Path) -> None:
    touch(tmp_path, "1.png")
    for name in ("1.png", "gone"):
        assert list_folders(str(tmp_path / name)) == list_files(str(tmp_path / name)) == []
