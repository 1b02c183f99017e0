import pytest

from cnncli.notation.grammar import read
from cnncli.notation.substitution import substitute


@pytest.mark.parametrize(
    ("definition", "call", "body"),
    [
        ("a = relu >> tanh", "a", "relu >> tanh"),
        ("a(n) = conv(n, 3)", "a(8)", "conv(8, 3)"),
        ("a(n, m) = conv(n, 1) | conv(m, 1)", "a(m=4, n=8)", "conv(8, 1) | conv(4, 1)"),
        ("a(n) = conv(2*n, 3)", "a(3*4)", "conv(2*3*4, 3)"),
        ("a(n) = n * relu", "a(2*3)", "6 * relu"),
        ("a(n) = conv(n, 3) + id", "a(classes)", "conv(classes, 3) + id"),
    ],
)
def test_parameters_stand_for_the_arguments_of_the_call(definition, call, body):
    pieces, network = read(f"{definition}\n{call}")
    assert str(substitute(pieces["a"], network)) == body
