import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli.errors import ArchitectureError
from cnncli.notation import parse
from cnncli.notation.grammar import MAX_DEPTH


def same(one, other):
    return parse(one) == parse(other)


def test_times_binds_before_plus_before_then_before_stack():
    text = "relu | tanh >> relu + tanh * elu"
    assert same(text, "relu | (tanh >> (relu + (tanh * elu)))")
    assert not same(text, "(relu | tanh) >> relu + tanh * elu")


def test_parentheses_group():
    assert not same("relu >> tanh + elu", "(relu >> tanh) + elu")


def test_a_bare_name_is_a_call_without_settings():
    assert same("relu >> maxpool", "relu() >> maxpool()")


def test_a_trailing_newline_and_comments_change_nothing():
    assert same("relu >> tanh", "# mine\nrelu # one\n  >> tanh\n\n")


def test_any_number_of_parentheses_can_stand_side_by_side():
    assert same("relu" + " >> (relu)" * (MAX_DEPTH + 1), "relu" + " >> relu" * (MAX_DEPTH + 1))


def test_as_many_parentheses_as_are_allowed_are_read():
    assert same("(" * MAX_DEPTH + "relu" + ")" * MAX_DEPTH, "relu")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the architecture is empty; write one such as conv(8, 3) >> relu >> dense(classes)"),
        (" \n # nothing\n;", "the architecture is empty"),
        ("relu >>", "column 8: expected a layer, found the end"),
        ("relu" + " " * 1_000_000, "the architecture is longer than 1000000 characters"),
        (">> relu", "column 1: expected a layer, found '>>'"),
        ("(relu >> ) >> tanh", "column 10: expected a layer, found ')'"),
        ("()", "column 2: expected a layer, found ')'"),
        ("relu tanh", "column 6: expected >> + | or * before 'tanh'"),
        ("a = b = relu; a", "column 7: expected >> + | or * before '='"),
        ("conv(3,, 3)", "column 8: expected a setting, found ','"),
        ("conv(3, size=)", "column 14: expected a value for size, found ')'"),
        ("conv(3 3)", "column 8: expected ',', found '3'"),
        ("conv(3, 3,)", "column 11: expected a setting, found ')'"),
        ("(" * 99 + "relu" + ")" * 99, "column 51: parentheses are nested more than 50 deep"),
    ],
)
def test_what_does_not_parse_is_pointed_at(text, message):
    with pytest.raises(ArchitectureError) as caught:
        parse(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "conv = relu\nconv",
            "line 1, column 1: 'conv' has a meaning already; choose another name",
        ),
        ("classes = relu\nrelu", "line 1, column 1: 'classes' has a meaning already"),
        ("id = relu\nrelu", "line 1, column 1: 'id' has a meaning already"),
        ("f(relu) = relu\nf", "line 1, column 3: 'relu' has a meaning already"),
        ("a = relu\na = tanh\na", "line 2, column 1: 'a' is defined twice; choose another name"),
        ("f(n, n) = relu\nf", "line 1, column 6: 'n' is defined twice"),
        ("f(3) = relu\nf", "line 1, column 3: expected a name, found '3'"),
        ("f(n 3) = relu\nf", "line 1, column 5: expected ',', found '3'"),
        ("relu\ntanh", "line 1, column 1: only the last line is the network; name this one"),
        (
            "a = relu",
            "column 1: the text ends with the piece 'a'; its last line has to be the network",
        ),
    ],
)
def test_a_definition_that_cannot_be_is_pointed_at(text, message):
    with pytest.raises(ArchitectureError) as caught:
        parse(text)
    assert str(caught.value).startswith(message)


NAMES = ["conv", "relu", "id", "classes", "f", "n", "pad", "3", "3x5", "-2", "é", ">>"]
WORDS = [*"()()+|*=,;#\n", *NAMES]


@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text(max_size=25))
def test_any_text_is_a_network_or_an_error_in_one_line(text):
    try:
        assert parse(str(parse(text, 3))) == parse(text, 3)
    except ArchitectureError as error:
        assert "\n" not in str(error)
