from cnncli.wording import count_names, shorten


def test_a_single_name_stands_beside_its_noun():
    assert count_names(["cat"], "class", "classes") == "class cat"


def test_several_names_are_counted_and_listed():
    assert count_names(["cat", "cow", "dog"], "class", "classes") == "3 classes (cat, cow, dog)"


def test_more_than_five_names_are_cut_short():
    assert shorten(tuple("abcde")) == "a, b, c, d, e"
    assert shorten(tuple("abcdef")) == "a, b, c, d, e, …"
