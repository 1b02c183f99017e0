import pytest

from cnncli.notation import parse
from cnncli.notation.grammar import read
from cnncli.notation.writing import WIDTH, write_text


def rewrite(text):
    return write_text(*read(text))


@pytest.mark.parametrize(
    "text",
    [
        "relu >> dense(classes)",
        "block(n, m) = conv(n, 3, pad=1) >> conv(m, 1)\n\n2 * block(8, m=2*8) + id",
        "a = relu\nb = a >> tanh\n\n(b | a) + elu",
    ],
)
def test_what_is_written_as_it_would_be_stays_as_it_is(text):
    assert rewrite(text) == text


def test_pieces_that_nothing_calls_are_left_out():
    assert rewrite("a = relu\nb = tanh\nc = b >> b\nc") == "b = tanh\nc = b >> b\n\nc"


@pytest.mark.parametrize("prefix", ["", "piece = "])
def test_long_lines_are_broken_before_operators(prefix):
    body = " >> ".join(f"conv({filters}, 3, pad=1, bias=no)" for filters in range(8, 16))
    text = f"{prefix}{body}\n" + ("piece" if prefix else "")
    lines = rewrite(text).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert sum(line.lstrip().startswith(">> ") for line in lines) >= 2
    assert parse("\n".join(lines)) == parse(text)
