import re

from cnncli.inspection import list_methods


def test_the_help_opens_with_a_sentence_and_two_examples(inspect):
    done = inspect("--help")

    lines = done.stdout.splitlines()
    assert lines[0] == "Show a layer's filters, its feature maps, or which pixels decide an answer."
    assert [line.startswith("  cnncli inspect-filters ") for line in lines[2:4]] == [True, True]


def test_the_help_has_a_sentence_on_every_method(inspect):
    _, _, methods = inspect("--help").stdout.partition("\nMethods:\n")

    assert [
        line.split()[0].partition("(")[0] for line in re.findall("^  [a-z].*", methods, re.M)
    ] == list_methods()
