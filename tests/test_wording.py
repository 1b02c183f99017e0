import pytest

from cnncli.wording import count_names, shorten, write_time


def test_a_single_name_stands_beside_its_noun():
    assert count_names(["cat"], "class", "classes") == "class cat"


def test_several_names_are_counted_and_listed():
    assert count_names(["cat", "cow", "dog"], "class", "classes") == "3 classes (cat, cow, dog)"


def test_more_than_five_names_are_cut_short():
    assert shorten(tuple("abcde")) == "a, b, c, d, e"
    assert shorten(tuple("abcdef")) == "a, b, c, d, e, …"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0123, "12.3 ms"), (1.5, "1.5 s"), (90, "90 s"), (300, "5 min"), (9000, "2.5 h")],
)
def test_a_time_has_the_unit_that_people_take(seconds, text):
    assert write_time(seconds) == text
