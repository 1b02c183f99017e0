import numpy as np
import pytest
from PIL import Image

from cnncli.data.drawn_filters import are_drawn, read_drawn_filters
from cnncli.data.unreadable import ImageError
from cnncli.errors import DataError


def save(path, values):
    Image.fromarray(np.array(values, np.uint8)).save(path)


def test_mid_gray_is_zero_white_is_1_and_black_minus_1(tmp_path):
    save(tmp_path / "a.png", [[0, 1, 128], [255, 52, 129]])

    (weights,) = read_drawn_filters(str(tmp_path / "a.png")).weights

    assert weights == pytest.approx(np.array([[[-1, -1, 0], [1, -76 / 127, 1 / 127]]]), abs=1e-7)


def test_the_pictures_of_a_folder_are_filters_in_the_order_of_their_names(tmp_path):
    for name, level in {"b": 255, "a": 0, "c": 128}.items():
        save(tmp_path / f"{name}.png", [[level] * 3] * 2)
    (tmp_path / "notes.md").write_text("none")

    drawn = read_drawn_filters(str(tmp_path))

    assert drawn.names == ("a", "b", "c")
    assert drawn.weights.shape == (3, 1, 2, 3)
    assert drawn.weights[:, 0, 0, 0].tolist() == [-1, 1, 0]


def test_a_picture_in_color_has_three_channels_unless_all_of_it_is_gray(tmp_path):
    save(tmp_path / "red.png", [[[255, 128, 128]]])
    save(tmp_path / "gray.png", [[[255, 255, 255]]])

    assert read_drawn_filters(str(tmp_path / "red.png")).weights.ravel().tolist() == [1, 0, 0]
    assert read_drawn_filters(str(tmp_path / "gray.png")).weights.shape == (1, 1, 1, 1)


def test_a_text_has_a_row_of_a_filter_in_each_line(tmp_path):
    path = tmp_path / "edges.txt"
    path.write_text("# Sobel\n-1 0 1\n-2 0 2  # the middle\n-1 0 1\n\n\n1, 2, 1\n0,0,0\n-1 -2 -1\n")

    drawn = read_drawn_filters(str(path))

    assert drawn.names == ("0", "1")
    assert drawn.weights[:, 0].tolist() == [
        [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    ]  # fmt: skip


def test_folders_pictures_and_texts_are_drawn_filters_but_models_are_none(tmp_path):
    assert are_drawn(str(tmp_path)) and are_drawn("a.png") and are_drawn("a.TXT")
    assert not are_drawn("model.npz") and not are_drawn("-")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2\n3\n", "f.txt, line 2: 1 numbers, where the row above has 2; an empty line is"),
        ("1 x\n", "f.txt, line 1: not a row of numbers; give the weights of a filter"),
        ("1 nan\n", "f.txt, line 1: not a row of numbers"),
        ("1 1e99\n", "f.txt, line 1: not a row of numbers"),
        (",\n# none\n", "f.txt: no numbers of filters; give rows of them"),
        ("1 2\n\n3\n", "f.txt: 0 is a filter of 1x2x1 and 1 one of 1x1x1; bring all to one size"),
    ],
)  # fmt: skip
def test_a_text_that_holds_no_filters_is_refused(text, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.txt").write_text(text)

    with pytest.raises(DataError) as caught:
        read_drawn_filters("f.txt")

    assert str(caught.value).startswith(message)


def test_what_is_no_filter_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    save(tmp_path / "photo.png", np.zeros((100, 100)))
    Image.fromarray(np.zeros((3, 3), np.uint16)).save(tmp_path / "deep.png")

    with pytest.raises(DataError, match="empty: no pictures of filters; give a folder with some"):
        read_drawn_filters(str(tmp_path / "empty"))
    for name in ("photo", "deep"):
        with pytest.raises(DataError, match=f"{name}.png: not a drawn filter, which is gray or"):
            read_drawn_filters(str(tmp_path / f"{name}.png"))
    with pytest.raises(ImageError, match="no such file"):
        read_drawn_filters(str(tmp_path / "none.png"))
    with pytest.raises(DataError, match=r"none\.txt: no such file or directory; check"):
        read_drawn_filters(str(tmp_path / "none.txt"))
