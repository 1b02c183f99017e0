from cnncli.engine import Plan, Weights
from cnncli.engine.timing import time_steps
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse


def test_a_prediction_is_timed_step_by_step_without_a_backward_pass():
    graph = build_graph(parse("conv(4,3) >> relu >> dense(5)"), (6, 6, 2))
    times = time_steps(Plan(graph, Weights(graph), Setup(4)), 10, 0.01)
    assert times.forward_ms.keys() == {"conv1+relu1", "dense1"}
    assert times.backward_ms == {}
    assert times.total_ms > 0
    assert all(milliseconds > 0 for milliseconds in times.forward_ms.values())
