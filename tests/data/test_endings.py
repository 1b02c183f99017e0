from __future__ import annotations

import pytest

from cnncli.data.endings import find_kind_in_folder, find_kind_in_list, name_sample
from cnncli.errors import DataError


@pytest.mark.parametrize("name", ["a.wav", "a.WAVE", "x/b.csv", "c.tsv", "d.npy"])
def test_signals_are_known_by_their_endings(name: str) -> None:
    assert name_sample(find_kind_in_list([name], "here")) == "signal"


@pytest.mark.parametrize("name", ["a.png", "a", "wav", "a.wav/b.jpg", "a.npz", "a.txt"])
def test_everything_else_is_tried_as_an_image(name: str) -> None:
    assert name_sample(find_kind_in_list([name], "here")) == "image"


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ([], "images"),
        (["a.png", "b.jpg"], "images"),
        (["a.png", "notes.csv", "c.npy"], "images"),
        (["a.wav", "notes.csv"], "sounds"),
        (["a.csv", "b.tsv"], "tables"),
        (["a.npy"], "arrays"),
    ],
)
def test_numbers_beside_images_or_sounds_in_a_folder_are_notes(names, kind) -> None:
    assert find_kind_in_folder(names, "here") == kind


@pytest.mark.parametrize(
    ("names", "kinds"),
    [(["a.wav", "b.png"], "images and sounds"), (["a.npy", "b.csv"], "tables and arrays")],
)
def test_two_kinds_in_a_folder_are_an_error(names, kinds) -> None:
    with pytest.raises(DataError, match=f"here: {kinds} in one set; keep one kind"):
        find_kind_in_folder(names, "here")


def test_a_list_names_its_samples_so_any_two_kinds_are_an_error() -> None:
    assert find_kind_in_list(["a", "b.png"], "here") == "images"
    for other in ("b.png", "b.csv", "b"):
        with pytest.raises(DataError, match=r"and sounds in one set|sounds and tables"):
            find_kind_in_list(["a.wav", other], "here")
