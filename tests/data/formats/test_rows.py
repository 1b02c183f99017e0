from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnncli.data.formats import listing
from cnncli.errors import DataError
from cnncli.samples import Samples


def read(folder: Path, text: str, name: str = "rows.csv") -> Samples:
    (folder / name).write_text(text)
    return listing.read(str(folder / name), None)


def write(rows: np.ndarray, delimiter: str = ",", names: str = "") -> str:
    lines = [delimiter.join(f"{value:g}" for value in row) for row in rows]
    return "\n".join([names, *lines] if names else lines) + "\n"


WAVES = np.random.default_rng(0).standard_normal((6, 20)).round(3)
CLASSES = np.array([1, 2, 1, 2, 1, 2.0])[:, None]
LEVELS = np.arange(4 * 64).reshape(4, 64) % 256


@pytest.mark.parametrize(("name", "delimiter"), [("a.tsv", "\t"), ("a.csv", ","), ("b.csv", ";")])
def test_a_class_and_a_signal_in_each_row(tmp_path: Path, name: str, delimiter: str) -> None:
    found = read(tmp_path, write(np.hstack([CLASSES, WAVES]), delimiter), name)
    assert (found.noun, found.labels) == ("signal", ("1", "2", "1", "2", "1", "2"))
    assert np.allclose(found.values[..., 0], WAVES)
    assert "6 signals of 20 samples, one in each row, its class in the first" in found.notices[0]


def test_a_class_may_end_the_row(tmp_path: Path) -> None:
    found = read(tmp_path, write(np.hstack([WAVES, CLASSES - 1])))
    assert found.labels == ("0", "1", "0", "1", "0", "1")
    assert found.values.shape == (6, 20, 1)


def test_a_named_class_may_be_a_word_and_stand_anywhere(tmp_path: Path) -> None:
    found = read(tmp_path, "t0,class,t1,t2\n.5,up,.25,1\n1,down,2,3\n")
    assert found.labels == ("up", "down")
    assert found.values[..., 0].tolist() == [[0.5, 0.25, 1], [1, 2, 3]]


@pytest.mark.parametrize(
    "names",
    [
        "label," + ",".join(f"pixel{i}" for i in range(64)),
        "label," + ",".join(f"{y}x{x}" for y in range(1, 9) for x in range(1, 9)),
        "",
    ],
)
def test_a_class_and_an_image_in_each_row(tmp_path: Path, names: str) -> None:
    rows = np.hstack([[[3], [7], [3], [7]], LEVELS])
    found = read(tmp_path, write(rows, names=names))
    assert (found.noun, found.labels) == ("image", ("3", "7", "3", "7"))
    assert np.array_equal(found.values, LEVELS.reshape(4, 8, 8, 1))
    assert "4 images of 8x8x1" in found.notices[0]


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "id", "Index"])
def test_row_numbers_are_no_sample_values_and_said(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, f"label,{name},a,b\nx,1,5,6\ny,2,7,8\n")
    assert found.values[..., 0].tolist() == [[5, 6], [7, 8]]
    assert f"a column of row numbers is not read: {name}" in found.notices[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,kind\n1,2,up\n3,4,down\n", "no column is called label; name the one that holds"),
        ("a,b,c\n1,2,3\n", "no column is called label; name the one that holds"),
        (write(WAVES), "a table of numbers without classes"),
        (write(np.arange(30).reshape(6, 5)), "a table of numbers without classes"),
        ("label,pixel0,pixel1\n1,2,3\n2,3,4\n", "rows of 2 pixels, which are no square"),
        ("1,2,3\n1,2,nan\n", "row 2 holds NaN"),
        ("1,2,3\n1,2,3,4\n", "with a row that is not one"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_numbers_may_have_nothing_but_spaces_between_them(tmp_path: Path) -> None:
    found = read(tmp_path, "  1  .5 2.5e0\n  2  -1 -3\n  1 0 0\n 2 0 1\n", "a.txt")
    assert found.labels == ("1", "2", "1", "2")
    assert found.values[:2, :, 0].tolist() == [[0.5, 2.5], [-1, -3]]


@pytest.mark.parametrize("name", ["y", "Target"])
def test_a_target_with_fractions_is_a_number(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, f"a,b,{name}\n1,2,.5\n3,4,1.25\n")
    assert (found.suggests, found.labels) == ("regress", (".5", "1.25"))


def test_a_label_with_fractions_is_a_class_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, "a,b,label\n1,2,.5\n3,4,1.25\n")
    assert found.suggests == "classify"
    assert "labels such as .5 are taken as names of classes" in found.notices[-1]


def test_commas_are_decimal_between_semicolons(tmp_path: Path) -> None:
    found = read(tmp_path, "1;0,5;2,25\n2;1;-3,5\n1;0;0\n2;0;1\n")
    assert found.labels == ("1", "2", "1", "2")
    assert found.values[:2, :, 0].tolist() == [[0.5, 2.25], [1, -3.5]]


@pytest.mark.parametrize("name", ["split", "Usage", "set"])
def test_a_column_divides_the_rows(tmp_path: Path, name: str) -> None:
    text = f"class,a,{name},b\nup,1,Training,2\ndown,3,Training,4\nup,5,test,6\n"
    (tmp_path / "a.csv").write_text(text)
    path = str(tmp_path / "a.csv")
    assert listing.list_splits(path) == ("train", "test")
    train, test = (listing.read(path, split) for split in ("train", "test"))
    assert train.values[..., 0].tolist() == [[1, 2], [3, 4]]
    assert (test.labels, test.values[..., 0].tolist()) == (("up",), [[5, 6]])
    assert f"divided by the column {name}: 2 train, 1 test" in train.notices[-1]


def test_a_row_in_no_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="row 2, split: 'x' is none of train, val and test"):
        read(tmp_path, "class,a,b,split\nup,1,2,train\ndown,3,4,x\n")
