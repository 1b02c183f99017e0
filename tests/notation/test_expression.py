"""The canonical text of an expression, and that it is read back as the expression it is of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncli import settings
from cnncli.layers import LAYERS, interpolation
from cnncli.notation import parse
from cnncli.notation.expansion import list_named_layers
from cnncli.notation.expression import Identity, Leaf, Product, Sequence, Stack, Sum, join, repeat

COUNTS = st.integers(1, 999)
SIZES = st.tuples(COUNTS) | st.tuples(COUNTS, COUNTS).filter(lambda size: size[0] != size[1])
REALS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = {
    settings.INDEX: st.integers(0, 9),
    settings.COUNT: COUNTS,
    settings.SIZE: SIZES,
    settings.SIDES: SIZES | st.just((0,)),
    settings.PADDING: SIZES | st.sampled_from([(0,), "same", "causal"]),
    settings.SHAPE: st.tuples(COUNTS, COUNTS, COUNTS),
    settings.SWITCH: st.booleans(),
    settings.RATE: st.floats(0, 1, exclude_max=True),
    settings.REAL: REALS,
    settings.POSITIVE: st.floats(0, exclude_min=True, allow_infinity=False),
    settings.FILL: st.sampled_from(["zero", "reflect", "edge"]),
    interpolation.METHOD: st.sampled_from(interpolation.METHODS),
    interpolation.ALIGN: st.sampled_from(interpolation.ALIGNS),
}


@st.composite
def leaves(draw):
    layer = LAYERS[draw(st.sampled_from(list_named_layers()))]
    given = {one.name: draw(VALUES[one.metadata["kind"]]) for one in layer.settings()}
    return Leaf(layer(**given))


def wholes(parts):
    several = st.lists(parts, min_size=2, max_size=4)
    kinds = st.sampled_from([Stack, Sequence, Sum, Product])
    return st.builds(join, kinds, several) | st.builds(repeat, st.integers(1, 3), parts)


EXPRESSIONS = st.recursive(leaves() | st.just(Identity()), wholes, max_leaves=8)


@given(EXPRESSIONS)
def test_the_canonical_text_is_read_back_as_the_same_expression(expression):
    text = str(expression)
    assert "\n" not in text
    assert parse(text) == expression
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("conv(6,5,1,2)", "conv(6, 5, pad=2)"),
        ("conv(6, 3x3)", "conv(6, 3)"),
        ("maxpool(2)", "maxpool"),
        ("bn(0.10, eps=0.001)", "bn(eps=0.001)"),
        ("((relu)) >> (tanh >> elu)", "relu >> tanh >> elu"),
        ("(relu | tanh) >> elu", "(relu | tanh) >> elu"),
        ("relu | (tanh >> elu)", "relu | tanh >> elu"),
        ("2*relu*tanh", "2 * relu * tanh"),
        ("2*(relu*tanh)", "2 * (relu * tanh)"),
        ("2*(3*relu)", "6 * relu"),
        ("two = relu >> tanh\n2 * two + id", "2 * (relu >> tanh) + id"),
    ],
)
def test_the_canonical_text_is_short(written, canonical):
    assert str(parse(written)) == canonical
