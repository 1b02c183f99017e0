import pytest

from cnncli.errors import ArchitectureError
from cnncli.notation.tokens import MAX_WORDS, split_statements


def words(text):
    return [[token.text for token in words[:-1]] for words in split_statements(text)]


def test_a_text_is_cut_into_names_numbers_and_marks():
    assert words("3*conv(6,5,pad=2)>>relu") == [
        ["3", "*", "conv", "(", "6", ",", "5", ",", "pad", "=", "2", ")", ">>", "relu"]
    ]


@pytest.mark.parametrize("number", ["3", "3x5", "7x7x64", "0.1", ".5", "-2", "1e-5", "1.5e+300"])
def test_a_number_is_one_word(number):
    assert words(f"f({number})") == [["f", "(", number, ")"]]


def test_newlines_and_semicolons_end_a_statement():
    assert words("a = b\n\nc = d; e\n") == [["a", "=", "b"], ["c", "=", "d"], ["e"]]


@pytest.mark.parametrize(
    "text", ["a >>\nb", "a\n>> b", "(a\n>> b)", "a # one\n\n>> b", "a >> # one\nb"]
)
def test_a_newline_inside_parentheses_or_beside_an_operator_ends_nothing(text):
    assert len(words(text)) == 1


def test_a_comment_goes_to_the_end_of_its_line():
    assert words("# title → of the text\nrelu # ; and more ( \n") == [["relu"]]


def test_windows_line_ends_are_blanks():
    assert words("a = relu\r\na\r\n") == [["a", "=", "relu"], ["a"]]


def test_a_place_has_a_line_only_where_the_text_has_several():
    assert str(split_statements("a >> b")[0][1].location) == "column 3"
    assert str(split_statements("a = b\n  a")[1][0].location) == "line 2, column 3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("relu → relu", "column 6: '→' means nothing here; layers are joined by >> + | or *"),
        ("relu -> relu", "column 6: '-' means nothing here"),
        ("conv(3, 3", "column 5: this '(' is never closed; add its ')'"),
        ("conv(3; 3)", "column 5: this '(' is never closed; add its ')'"),
        ("relu)", "column 5: this ')' closes nothing; take it away or add its '('"),
        ("a = relu\n(a", "line 2, column 1: this '(' is never closed"),
    ],
)
def test_what_is_no_word_is_pointed_at(text, message):
    with pytest.raises(ArchitectureError) as caught:
        split_statements(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("word", ["relu>>", "1*", "a=b;", "p,"])
def test_a_text_of_more_words_than_a_network_can_have_is_refused(word):
    with pytest.raises(ArchitectureError, match=f"more than {MAX_WORDS} words and marks"):
        split_statements(word * MAX_WORDS)


def test_every_layer_may_have_all_its_settings():
    layer = "conv(8, 3, stride=1, pad=1, fill=zero, dilation=1, groups=1, bias=yes)"
    assert 5000 * len(split_statements(layer)[0]) <= MAX_WORDS
