import pytest

from cnncli.errors import DataError
from cnncli.exchange.class_names import number_classes, read_class_names


def test_names_stand_between_commas():
    assert read_class_names("cat, dog") == (("cat", "dog"), ())


def test_names_stand_in_a_file_one_a_line(tmp_path):
    path = tmp_path / "classes.txt"
    path.write_bytes(b"tench\r\ngoldfish, Carassius auratus\r\n")
    assert read_class_names(str(path)) == (("tench", "goldfish, Carassius auratus"), ())


def test_a_name_that_stands_twice_gets_a_number_which_is_said():
    names, notes = read_class_names("crane,crane 2,crane")
    assert names == ("crane", "crane 2", "crane 3")
    assert notes == ("names that stand twice got numbers: crane 3",)


def test_names_that_no_terminal_should_show_are_refused():
    with pytest.raises(DataError, match="cannot be the name of a class"):
        read_class_names("cat,\x1b[2J")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "classes.bin"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(DataError, match=r"classes\.bin: is "):
        read_class_names(str(path))


def test_classes_without_names_are_numbered():
    assert number_classes(3) == ("0", "1", "2")
