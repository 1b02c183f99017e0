from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from cnncli.data.formats import listing
from cnncli.errors import DataError
from cnncli.samples import Samples


def read(folder: Path, text: str | bytes, name: str = "list.csv") -> Samples:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(data)
    return listing.read(str(folder / name), None)


def pairs(samples: Samples) -> dict[str, str]:
    return dict(zip(samples.keys, samples.labels, strict=True))


EXPECTED = {"a/1.png": "cat", "b, c.png": "2"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.csv", 'path,label\na/1.png,cat\n"b, c.png",2\n'),
        ("list.csv", 'a/1.png,cat\n\n"b, c.png",2\n'),
        ("list.csv", '\ufeffpath,label\r\na/1.png,cat\r\n"b, c.png",2\r\n'),
        ("list.csv", 'id,Label,Path\n7,cat,a/1.png\n8,2,"b, c.png"\n'),
        ("list.TSV", "path\tlabel\na/1.png\tcat\nb, c.png\t2\n"),
        ("list.jsonl", '{"path": "a/1.png", "label": "cat"}\n\n{"label": 2, "path": "b, c.png"}'),
    ],
)
def test_every_way_to_write_a_list(tmp_path: Path, name: str, text: str) -> None:
    assert listing.can_read(name)
    assert pairs(read(tmp_path, text, name)) == EXPECTED


@pytest.mark.parametrize(
    "text",
    [
        'a/1.png,cat\n"b, c.png",2\n',
        "a/1.png\tcat\nb, c.png\t2\n",
        '{"path": "a/1.png", "label": "cat"}\n{"path": "b, c.png", "label": 2}\n',
    ],
)
def test_stdin_is_recognized_by_its_first_line(text: str, stdin) -> None:
    stdin(text.encode())
    assert listing.can_read("-")
    found = listing.read("-", None)
    assert pairs(found) == EXPECTED
    assert found.names == tuple(EXPECTED)


def test_paths_are_relative_to_the_list(tmp_path: Path) -> None:
    found = read(tmp_path, "a/1.png,cat\n/abs/2.png,cat\n")
    assert found.names == (f"{tmp_path}/a/1.png", "/abs/2.png")
    assert found.keys == ("a/1.png", "/abs/2.png")


def test_a_list_in_the_working_folder_leaves_paths_alone(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text("1.png,cat\n")
    assert listing.read("list.csv", None).names == ("1.png",)


def test_names_that_are_not_utf8_survive(tmp_path: Path) -> None:
    found = read(tmp_path, b"\xff.png,cat\n")
    assert os.fsencode(found.names[0]).endswith(b"/\xff.png")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("l.csv", "path,label\na.png\n", "line 2: not a path and a label"),
        ("l.csv", "a.png,cat,more\n", "line 1: not a path and a label"),
        ("l.csv", ",cat\n", "line 1: not a path and a label"),
        ("l.csv", "a.png,cat\nb.png,d\x1b[31mog\n", r"line 2: 'd\\x1b\[31mog' cannot be"),
        ("l.csv", "a.png,cat\na.png,dog\n", "line 2: a.png is dog here and cat before"),
        ("l.csv", 'a.png,"cat\n', "unexpected end of data"),
        ("l.jsonl", '{"path": "a.png"}\n', "line 1: not a path and a label"),
        ("l.jsonl", "[1]\n", "line 1: not a path and a label"),
        ("l.jsonl", '{"path": 3, "label": "cat"}\n', "line 1: not a path and a label"),
        ("l.jsonl", '{"path": "a", "label": true}\n', "line 1: True cannot be the name"),
        ("l.jsonl", '{"path": "a", "label": [[1]]}\n', "line 1:"),
        ("l.jsonl", "{" * 100, "line 1: not a path and a label"),
        ("l.jsonl", "[" * 100_000, "give a path and a label|not a path and a label"),
        ("l.csv", "x" * 200_000 + ",cat\n", "field larger than"),
    ],
)
def test_a_bad_line_is_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, text, name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("l.csv", "path,Mass,size\na.png,1.5,2\nb.png,-3,4e2\n"),
        ("l.tsv", "Mass\tPath\tsize\n1.5\ta.png\t2\n-3\tb.png\t400\n"),
        (
            "l.jsonl",
            '{"path": "a.png", "Mass": 1.5, "size": 2}\n'
            '{"size": 400, "Mass": "-3", "path": "b.png"}',
        ),
    ],
)
def test_columns_beside_the_path_hold_numbers_where_none_is_a_label(
    tmp_path: Path, name: str, text: str
) -> None:
    found = read(tmp_path, text, name)
    assert (found.columns, found.suggests) == (("Mass", "size"), "regress")
    assert found.numbers.tolist() == [[1.5, 2], [-3, 400]]
    assert found.labels == ()
    assert found.take(np.array([1])).numbers.tolist() == [[-3, 400]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("l.csv", "path,label\na.png,cat|dog\nb.png,\nc.png,emu\n"),
        (
            "l.jsonl",
            '{"path": "a.png", "label": ["cat", "dog"]}\n{"path": "b.png", "label": []}\n'
            '{"path": "c.png", "label": "emu"}',
        ),
    ],
)
def test_a_bar_between_labels_makes_them_several(tmp_path: Path, name: str, text: str) -> None:
    found = read(tmp_path, text, name)
    assert found.labels == ("cat|dog", "", "emu")
    assert found.suggests == "multi-label"
    assert f"{name}, line " in found.blank


def test_a_label_is_a_class_even_where_it_looks_like_a_number(tmp_path: Path) -> None:
    found = read(tmp_path, "path,label,mass\na.png,7,1.5\n")
    assert (found.labels, found.suggests, found.numbers) == (("7",), "classify", None)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("l.csv", "path,mass\na.png,cat\n", "line 2, mass: 'cat' is not a number"),
        ("l.csv", "path,mass\na.png,\n", "line 2, mass: '' is not a number"),
        ("l.csv", "path,mass\na.png,1_000\n", "line 2, mass: '1_000' is not a number"),
        ("l.csv", "path,mass\na.png,inf\n", "line 2, mass: 'inf' is not a number"),
        ("l.csv", "path,mass\na.png,1,2\n", "line 2: not a path and a number for mass"),
        ("l.csv", "path,mass\na.png,1\na.png,2\n", r"line 3: a\.png is 2\.0 here and 1\.0 before"),
        ("l.csv", "path,a,a\na.png,1,2\n", "two columns are called a"),
        ("l.csv", "path,\x1b[31m\na.png,1\n", "cannot be the name"),
        ("l.csv", "path\na.png\n", "names only a path; add a label, or numbers by name"),
        ("l.jsonl", '{"path": "a", "m": true}\n', "line 1, m: True is not a number"),
        ("l.jsonl", '{"path": "a", "m": 1}\n{"path": "b"}\n', "line 2: not a path and a number"),
        ("l.jsonl", '{"path": "a", "label": ["b|c"]}\n', r"line 1: a label in a list has a \|"),
    ],
)
def test_a_bad_number_is_one_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, text, name)
    assert "\n" not in str(caught.value)


def test_a_line_that_is_repeated_counts_again_and_is_told(tmp_path: Path) -> None:
    samples = read(tmp_path, "path,label\n" + "a.png,cat\n" * 3 + "b.png,dog\n")
    assert samples.keys == ("a.png", "a.png", "a.png", "b.png")
    (notice,) = samples.notices
    assert notice.endswith("lines that repeat others, counted again: 2")


def test_an_empty_list_has_no_images(tmp_path: Path) -> None:
    assert len(read(tmp_path, "")) == 0


def test_a_list_that_cannot_be_read_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read \\(no such file or directory\\)"):
        listing.read(str(tmp_path / "gone.csv"), None)


@pytest.mark.parametrize("path", ["file", "Filename", "image", "img", "file_name", "Image Path"])
@pytest.mark.parametrize("label", ["class", "Category", "target", "y", "class_name"])
def test_path_and_label_may_be_called_otherwise(tmp_path: Path, path: str, label: str) -> None:
    assert pairs(read(tmp_path, f"{label},{path}\ncat,a.png\ndog,b.png\n")) == {
        "a.png": "cat", "b.png": "dog",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["path,x,y\na.png,1,2\nb.png,3,4\n", "image,target\na.png,1.5\nb.png,2.25\n"],
)
def test_y_and_target_are_numbers_beside_others_or_with_fractions(
    tmp_path: Path, text: str
) -> None:
    assert read(tmp_path, text).suggests == "regress"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("path;label\na.png;cat\nb.png;dog\n", "l.csv"),
        ("a.png;cat\nb.png;dog\n", "l.csv"),
        ("path\tlabel\na.png\tcat\nb.png\tdog\n", "l.csv"),
        ("path,label\na.png,cat\nb.png,dog\n", "l.tsv"),
        (" path , label \n a.png , cat\nb.png,  dog  \n", "l.csv"),
        (",path,label\n0,a.png,cat\n1,b.png,dog\n", "l.csv"),
        ("path,label\n1,a.png,cat\n2,b.png,dog\n", "l.csv"),
    ],
)
def test_lists_of_spreadsheets_pandas_and_r_are_read(tmp_path: Path, text: str, name: str) -> None:
    assert pairs(read(tmp_path, text, name)) == {"a.png": "cat", "b.png": "dog"}


def test_commas_are_decimal_between_semicolons(tmp_path: Path) -> None:
    found = read(tmp_path, "path;mass;size\na.png;1,5;2\nb.png;-0,25;3,0\n")
    assert found.numbers.tolist() == [[1.5, 2], [-0.25, 3]]


@pytest.mark.parametrize("index", ["", "Unnamed: 0", "index", "id"])
@pytest.mark.parametrize("first", [0, 1])
def test_row_numbers_are_not_learned_and_told(tmp_path: Path, index: str, first: int) -> None:
    text = f"{index},path,age\n{first},a.png,31\n{first + 1},b.png,47\n"
    found = read(tmp_path, text)
    assert found.columns == ("age",)
    assert "columns that are not read: " in found.notices[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",path,age\n7,a.png,31\n3,b.png,47\n", "a column has no name"),
        ("picture,kind\na.png,cat\nb.png,dog\n", "line 1: no column is called path"),
        ("what,where\ncat,a.png\n", "line 1: no column is called path"),
        ("id,label\n1,cat\n2,dog\n", "line 1: no column is called path"),
        ("path,label,more\na.png,cat\nb.png,dog\n", "line 2: not a path and a label"),
        ("path;mass\na.png;1.234,5\n", "'1.234,5' is not a number"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("split", ("train", "val", "test")),
        ("Subset", ("Training", "Validation", "Testing")),
        ("usage", ("train_set", "dev", "TEST")),
    ],
)
def test_a_column_divides_the_list(tmp_path: Path, name: str, words: tuple[str, str, str]) -> None:
    lines = "".join(f"{i}.png,cat,{word}\n" for i, word in enumerate(words))
    (tmp_path / "l.csv").write_text(f"path,label,{name}\n{lines}")
    path = str(tmp_path / "l.csv")
    assert listing.list_splits(path) == ("train", "val", "test")
    assert [listing.read(path, split).keys for split in ("train", "val", "test")] == [
        ("0.png",), ("1.png",), ("2.png",),
    ]  # fmt: skip
    assert "1 train, 1 val, 1 test" in listing.read(path, "train").notices[0]


def test_a_flag_tells_the_validation_part(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("fname,label,is_valid\na.png,x,False\nb.png,y,True\n")
    assert listing.read(str(tmp_path / "l.csv"), "val").keys == ("b.png",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label,split\na.png,x,train\nb.png,y,\n", "line 3, split: '' is none of train"),
        ("path,label,split\na.png,x,7\n", "line 2, split: '7' is none of train, val and test"),
        ("path,label,split\na.png,x,train\na.png,x,val\n", "line 3: a.png is in val here and in"),
    ],
)
def test_a_part_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, text)


def test_a_column_of_other_words_is_no_part_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, "path,label,set,age\na.png,x,red,3\nb.png,y,blue,4\n")
    assert found.notices == (f"{tmp_path}/list.csv: columns that are not read: set, age",)


def test_a_field_that_the_first_objects_lack_is_missed(tmp_path: Path) -> None:
    text = '{"path": "a.png", "m": 1}\n{"path": "b.png", "m": 2, "n": 3}\n'
    with pytest.raises(DataError, match=r"line 1: .* for m, n \(n is missing\)"):
        read(tmp_path, text, "l.jsonl")


def test_a_field_beside_the_label_may_be_missing_and_is_told(tmp_path: Path) -> None:
    text = '{"file": "a.png", "class": "x"}\n{"file": "b.png", "class": "y", "age": 3}\n'
    found = read(tmp_path, text, "l.jsonl")
    assert pairs(found) == {"a.png": "x", "b.png": "y"}
    assert found.notices[0].endswith("columns that are not read: age")


def test_labels_with_fractions_are_told_to_be_classes(tmp_path: Path) -> None:
    found = read(tmp_path, "path,label\na.png,0.5\nb.png,1.5\n")
    assert "labels such as 0.5 are taken as names of classes" in found.notices[0]


def test_a_list_in_utf_16_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"list\.csv: is text in UTF-16, not UTF-8; save it"):
        read(tmp_path, "path,label\r\na.png,cat\r\n".encode("utf-16"))


def test_letters_may_be_composed_otherwise_in_the_list(tmp_path: Path) -> None:
    (tmp_path / "cafe\u0301.png").touch()
    found = read(tmp_path, "caf\u00e9.png,caf\u00e9\nb.png,cafe\u0301\n")
    assert Path(found.names[0]).exists()
    assert len(set(found.labels)) == 1


def test_a_text_of_paths_and_labels_is_a_list(tmp_path: Path) -> None:
    assert pairs(read(tmp_path, "a.png 0\n b/c.png   1\n\n", "l.txt")) == {
        "a.png": "0", "b/c.png": "1",
    }  # fmt: skip


def test_a_file_listed_in_two_compositions_is_one_file(tmp_path: Path) -> None:
    found = read(tmp_path, "caf\u00e9.png,x\ncafe\u0301.png,x\n")
    assert found.notices[0].endswith("lines that repeat others, counted again: 1")
    with pytest.raises(DataError, match="is y here and x before"):
        read(tmp_path, "caf\u00e9.png,x\ncafe\u0301.png,y\n")


def test_columns_of_0_and_1_are_classes_or_labels_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, "image,mel,nev\na.png,1.0,0.0\nb.png,0.0,1.0\n")
    assert (found.labels, found.suggests, found.columns) == (
        ("mel", "nev"), "classify", ("mel", "nev"),
    )  # fmt: skip
    assert found.numbers.tolist() == [[1, 0], [0, 1]]
    assert "one-hot rows are taken as classes mel to nev, unless" in found.notices[0]
    found = read(tmp_path, "image,hat,tie\na.png,1,1\nb.png,0,0\n")
    assert (found.labels, found.suggests) == (("hat|tie", ""), "multi-label")


def test_a_label_may_come_before_its_file(tmp_path: Path) -> None:
    assert pairs(read(tmp_path, "cat,a.png\ndog,b.png\ncat,c.jpg\n")) == {
        "a.png": "cat", "b.png": "dog", "c.jpg": "cat",
    }  # fmt: skip
