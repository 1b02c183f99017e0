import pytest

from cnncli.engine import Plan, Weights
from cnncli.engine.limits import Machine, Work, bucket, count_work
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse


def test_work_is_every_multiplication_and_every_byte_once():
    graph = build_graph(parse("conv(4,3) >> relu >> dense(5)"), (6, 6, 2))
    plan = Plan(graph, Weights(graph), Setup(3, mode="train"))
    forward, backward = count_work(plan, 3)["conv1+relu1"]
    weights = 16 * 9 * 2 + 4  # in panels of 16 filters, and the bias
    x, y = 6 * 6 * 2, 4 * 4 * 4
    assert forward == Work(2 * 3 * graph.nodes[0].macs, 4 * (3 * (x + y) + weights))
    assert backward.flops == forward.flops  # of the weights alone: nobody asks for the input's
    forward, backward = count_work(plan, 3)["dense1"]
    assert backward.flops == 2 * forward.flops


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, 1 << 18), (1 << 18, 1 << 18), ((1 << 18) + 1, 1 << 20), (1 << 40, 1 << 28)],
)
def test_a_size_of_memory_counts_as_the_next_power_of_4_that_is_measured(size, expected):
    assert bucket(size) == expected


def test_the_better_of_two_measurements_counts_figure_by_figure():
    first, second = Machine(3.0, {1 << 18: 10.0}), Machine(2.0, {1 << 18: 20.0})
    best = first.best(second)
    assert best == Machine(3.0, {1 << 18: 20.0})
    assert best.compute_ms(Work(6_000_000, 0)) == 2
    assert best.memory_ms(Work(0, 200_000)) == pytest.approx(0.01)
