import pytest

from cnncli.errors import ArchitectureError
from cnncli.layers import LAYERS
from cnncli.notation import parse
from cnncli.notation.expansion import MAX_LAYERS


def test_a_named_piece_stands_for_what_it_names():
    assert parse("two = relu >> tanh\ntwo >> two") == parse("relu >> tanh >> relu >> tanh")


def test_a_piece_can_be_used_before_it_is_defined():
    assert parse("a = b >> relu; b = tanh; a") == parse("tanh >> relu")


def test_parameters_stand_for_settings_repetitions_and_arguments_of_other_pieces():
    text = """
    one(n, size, border) = conv(n, size, pad=border) >> relu
    stage(n, times) = times * one(n, 3, border=same)
    stage(8, 2) >> stage(times=3, n=16)
    """
    assert parse(text) == parse(
        "2 * (conv(8, 3, pad=same) >> relu) >> 3 * (conv(16, 3, pad=same) >> relu)"
    )


def test_a_parameter_hides_nothing_outside_its_piece():
    with pytest.raises(ArchitectureError, match="filters is 'n'"):
        parse("f(n) = g\ng = conv(n, 3)\nf(8)")


def test_classes_is_the_number_of_classes():
    assert parse("dense(classes)", 7) == parse("dense(7)")
    assert parse("f(n) = dense(n)\nf(classes)", classes=7) == parse("dense(7)")


def test_a_text_without_the_word_classes_needs_no_number_of_them():
    assert str(parse("dense(7)")) == "dense(7)"


def test_numbers_multiply_and_apply_to_what_follows():
    assert parse("2 * 3 * relu") == parse("6 * relu") == parse("2 * (3 * relu)")
    assert parse("relu * 2 * tanh") == parse("relu * (2 * tanh)")
    assert parse("2 * (relu * tanh)") != parse("2 * relu * tanh")
    assert parse("2 * relu * 3 * tanh") == parse("(2 * relu) * (3 * tanh)")


def test_settings_can_be_products():
    text = "f(n) = conv(2*n, 3, pad=1) >> g(n * 4)\ng(m) = dense(m*classes)\nf(8)"
    assert parse(text, 10) == parse("conv(16, 3, pad=1) >> dense(320)")
    assert str(parse("conv(2*8, 3)")) == "conv(16, 3)"


def test_settings_are_taken_by_position_or_by_name():
    conv = LAYERS["conv"](filters=6, size=(5,), stride=(2,), pad=(1, 2), bias=False)
    assert parse("conv(6, 5, 2, 1x2, bias=no)") == parse(
        "conv(size=5, filters=6, bias=no, pad=1x2, stride=2)"
    )
    assert parse("conv(6, 5, 2, 1x2, bias=no)").layer == conv


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "conv(6, 5) >> maxpol(2)",
            "column 15: no layer is called 'maxpol'; did you mean maxpool?",
        ),
        ("MaxPool(2)", "column 1: no layer is called 'MaxPool'; did you mean maxpool?"),
        ("wxyz", "column 1: no layer is called 'wxyz'; `cnncli layers` lists them"),
        ("add", "column 1: no layer is called 'add'"),
        ("conv(6)", "column 1: conv: size is missing; write conv(filters, size)"),
        ("conv(a, 3)", "column 6: conv: filters is 'a'; expected a whole number of 1 or more"),
        ("conv(6, a)", "column 9: conv: size is 'a'; expected a size such as 3 or 3x5"),
        ("conv(6, 0)", "column 9: conv: size is '0'; expected a size"),
        ("conv(6, 3, bias=maybe)", "column 17: conv: bias is 'maybe'; expected yes or no"),
        ("conv(6, 3, sise=3)", "column 12: conv has no setting 'sise'; did you mean size?"),
        ("relu(qqq=3)", "column 6: relu has no setting 'qqq'; it has none"),
        ("conv(6, 3, size=3)", "column 12: conv: size is given twice"),
        ("conv(6, size=3, 2)", "column 17: conv: write '2' before the settings with a name"),
        ("relu(3)", "column 6: relu: '3' is one setting too many"),
        ("id(3)", "column 4: id: '3' is one setting too many"),
        ("dropout(nan)", "column 9: dropout: rate is 'nan'; expected a number from 0"),
        ("dense(classes)", "column 7: the number of classes is not known; give classes N"),
        ("3", "column 1: '3' is a number where a layer is expected; it can repeat one: 3 * relu"),
        ("conv(2*3x3, 3)", "column 8: '3x3' cannot be multiplied; expected a whole number"),
        ("conv(2*, 3)", "column 8: expected a number, found ','"),
        ("conv(0*2, 3)", "column 6: '0' cannot be multiplied; expected a whole number of 1 or"),
        ("conv(9*999999999, 3)", "column 8: '999999999' cannot be multiplied"),
        ("relu(2*3)", "column 6: relu: '2*3' is one setting too many"),
        ("3 * 2", "column 1: '3' repeats nothing; write the number first: 3 * (…)"),
        ("relu * 3", "column 8: '3' repeats nothing; write the number first: 3 * (…)"),
        ("0 * relu", "column 1: '0' cannot repeat; expected a whole number of 1 or more"),
        ("1x2 * relu", "column 1: '1x2' cannot repeat"),
        ("f(n)=conv(n,3);f", "column 16: f: n is missing; write f(n)"),
        ("f(n)=conv(n,3);f(3, 4)", "column 21: f: '4' is one setting too many"),
        ("f(n)=conv(n,3);f(m=3)", "column 18: f has no setting 'm'; it has n"),
        ("f(n)=n >> relu;f(3)", "column 6: 'n' is a number where a layer is expected"),
        ("a = relu >> a; a", "column 13: the piece 'a' is made of itself and never ends"),
        ("a = b; b = 2 * (relu >> a); a", "column 25: the piece 'a' is made of itself"),
    ],
)
def test_what_means_nothing_is_pointed_at(text, message):
    with pytest.raises(ArchitectureError) as caught:
        parse(text)
    assert str(caught.value).startswith(message)


def test_an_unused_piece_may_name_what_is_not_there():
    assert parse("old = conv(6)\nrelu") == parse("relu")


@pytest.mark.parametrize(
    "text",
    [
        f"{MAX_LAYERS + 1} * relu",
        "999999999 * (999999999 * (999999999 * relu))",
        "".join(f"p{i} = p{i + 1} >> p{i + 1};" for i in range(16)) + "p16 = relu; p0",
        "200 * (100 * id)",
    ],
    ids=["one", "nested", "doubling", "of nothing"],
)
def test_a_text_that_asks_for_too_many_layers_is_refused(text):
    with pytest.raises(ArchitectureError, match=f"makes more than {MAX_LAYERS} layers"):
        parse(text)


def test_as_many_layers_as_are_allowed_are_made():
    assert parse(f"{MAX_LAYERS} * relu").count == MAX_LAYERS


def test_a_text_that_nests_too_deep_is_refused():
    chain = ";".join(f"p{i} = relu + (p{i + 1} >> relu)" for i in range(49))
    with pytest.raises(ArchitectureError, match="nested more than 50 deep"):
        parse(f"{chain}; p49 = relu; p0")
