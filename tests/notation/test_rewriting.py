import pytest

from cnncli.notation import parse
from cnncli.notation.expression import Identity, Leaf
from cnncli.notation.grammar import read
from cnncli.notation.rewriting import rewrite
from cnncli.notation.writing import write_text


def changed(text, rule, **more):
    pieces, tree = read(text)
    rewritten = rewrite(pieces, tree, rule, **more)
    return None if rewritten is None else write_text(pieces, rewritten.tree)


def tanh_for_relu(layer):
    return parse("tanh") if layer.kind == "relu" else None


def without_relu(layer):
    return Identity() if layer.kind == "relu" else None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("relu", "tanh", "tanh"),
        ("relu >> elu >> relu", "tanh >> elu >> relu", "relu >> elu >> tanh"),
        (
            "3 * (relu >> elu)",
            "tanh >> elu >> 2 * (relu >> elu)",
            "2 * (relu >> elu) >> tanh >> elu",
        ),
        ("2 * relu", "tanh >> relu", "relu >> tanh"),
        ("relu + elu >> relu", "relu + elu >> tanh", "relu + elu >> tanh"),
        ("(relu >> elu) + relu", "(tanh >> elu) + tanh", "(tanh >> elu) + tanh"),
        ("elu >> (id | relu) >> relu", "elu >> (id | relu) >> tanh", "elu >> (id | relu) >> tanh"),
    ],
)
def test_one_layer_changes_or_one_in_each_branch(text, first, last):
    assert changed(text, tanh_for_relu) == first
    assert changed(text, tanh_for_relu, last=True) == last


@pytest.mark.parametrize("text", ["elu", "id", "relu + elu", "relu | id", "2 * elu"])
def test_where_no_layer_can_change_nothing_does(text):
    assert changed(text, tanh_for_relu) is None


def test_a_layer_can_go():
    assert changed("relu >> elu", without_relu) == "elu"
    assert changed("relu", without_relu) == "id"
    assert changed("2 * relu >> elu", without_relu) == "relu >> elu"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two = relu >> elu\ntwo >> two", "two = relu >> elu\n\ntanh >> elu >> two"),
        ("a(n) = b(2*n) >> relu; b(n) = conv(n, 1)\na(3)", "b(n) = conv(n, 1)\n\nb(2*3) >> tanh"),
        ("a(n) = n * relu >> elu\na(n=3)", "tanh >> 2 * relu >> elu"),
        ("a = elu\n2 * a >> relu", "a = elu\n\n2 * a >> tanh"),
        ("a(n) = relu >> dense(n)\na(classes)", "tanh >> dense(classes)"),
    ],
)
def test_pieces_are_written_out_only_where_something_changes_in_them(text, expected):
    assert changed(text, tanh_for_relu) == expected
    assert parse(expected, 7) is not None


def test_changes_say_what_became_of_what():
    (change,) = rewrite(*read("elu >> relu"), tanh_for_relu).changes
    assert (str(change.before), change.after) == ("relu", Leaf(parse("tanh").layer))
    assert str(change) == "relu becomes tanh"
    (change,) = rewrite(*read("relu"), without_relu).changes
    assert str(change) == "relu is left out"
