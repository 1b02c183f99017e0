import numpy as np
import pytest
from contract import check_layer

from cnncli.engine import Plan, Weights
from cnncli.errors import CnncliError
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse


@pytest.mark.parametrize(
    ("text", "shape"), [("scale(0.25)", (5, 4, 3)), ("scale(3)", (7, 2)), ("scale(0.1)", (6,))]
)
def test_scale_keeps_the_contract(text, shape):
    check_layer(parse(text).layer, shape)


def test_values_and_gradients_are_multiplied_by_the_factor():
    graph = build_graph(parse("scale(0.25)"), (4, 5, 3))
    plan = Plan(graph, Weights(graph), Setup(2), gradients=["input"])
    values = np.arange(120, dtype=np.float32).reshape(2, 4, 5, 3) - 50
    plan.input[:] = values
    plan.forward(2)
    np.testing.assert_array_equal(plan.output, values / 4)
    plan.output_gradient[:] = values
    plan.backward(2)
    np.testing.assert_array_equal(plan.gradient_of("input"), values / 4)


def test_a_factor_is_above_zero():
    with pytest.raises(CnncliError, match="above 0"):
        parse("scale(0)")
