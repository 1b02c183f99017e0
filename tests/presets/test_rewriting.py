import pytest

from cnncli.notation import parse
from cnncli.notation.expression import Identity, Leaf
from cnncli.presets.rewriting import change_one


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
    assert str(change_one(parse(text), tanh_for_relu).expression) == first
    assert str(change_one(parse(text), tanh_for_relu, last=True).expression) == last


@pytest.mark.parametrize("text", ["elu", "id", "relu + elu", "relu | id", "2 * elu"])
def test_where_no_layer_can_change_nothing_does(text):
    assert change_one(parse(text), tanh_for_relu) is None


def test_a_layer_can_go():
    assert str(change_one(parse("relu >> elu"), without_relu).expression) == "elu"
    assert change_one(parse("relu"), without_relu).expression == Identity()
    assert str(change_one(parse("2 * relu >> elu"), without_relu).expression) == "relu >> elu"


def test_changes_say_what_became_of_what():
    (change,) = change_one(parse("elu >> relu"), tanh_for_relu).changes
    assert (str(change.before), change.after) == ("relu", Leaf(parse("tanh").layer))
    assert str(change) == "relu becomes tanh"
    (change,) = change_one(parse("relu"), without_relu).changes
    assert str(change) == "relu is left out"
