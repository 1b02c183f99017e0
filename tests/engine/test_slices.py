from contextlib import contextmanager

import numpy as np
import pytest

from cnncli.engine import Plan, Weights, buffers
from cnncli.engine.limits import count_work
from cnncli.graph import build_graph
from cnncli.layers.base import Setup
from cnncli.notation import parse

SHAPE = (12, 16, 3)
UNET = (
    "conv(16,3,pad=1) >> relu >> (id | (maxpool >> conv(20,3,pad=1) >> bn >> relu"
    " >> (id | (maxpool >> conv(8,1) >> relu >> deconv(20,2,2))) >> deconv(7,2,2) >> relu))"
    " >> conv(5,3,pad=1)"
)
NESTED = (
    "conv(8,1) >> (conv(5,3,pad=1) >> relu | conv(6,1) >> (conv(17,1) | l2pool(3,1,1) >> conv(3,1))"
    " | avgpool(3,1,1)) >> conv(5,1)"
)
SHARED = "conv(12,3,pad=1) >> relu >> (id | (id | id | maxpool(3,1,1)) >> conv(4,1)) >> conv(5,1)"
POOLED = (  # in the epilogues of a direct convolution and of Winograd's
    "(conv(5,5,pad=2) >> relu >> maxpool | maxpool >> conv(6,1))"
    " >> (conv(24,3,pad=1) >> relu >> maxpool | maxpool >> conv(4,1)) >> conv(5,1)"
)
NETWORKS = [UNET, NESTED, SHARED, POOLED]


def plan_of(text, batch=4, keep=(), **setup):
    graph = build_graph(parse(text), SHAPE)
    weights = Weights(graph)
    weights.initialize(seed=3)
    return Plan(graph, weights, Setup(batch, **setup), keep=keep)


def offsets(plan):
    """Return where values lie: in which other one, from which channel on."""
    return {name: (part.of, part.offset) for name, part in plan.layout.slices.items()}


@contextmanager
def copies(monkeypatch):
    """Let stacks copy everything."""
    with monkeypatch.context() as patch:
        patch.setattr(buffers, "find_slices", lambda *_: {})
        yield


def answers(plan, n):
    """Return the bytes of what a plan answers."""
    plan._memory[:] = np.nan
    plan.refresh()
    plan.input[:] = np.random.default_rng(0).standard_normal(plan.input.shape)
    plan.forward(n)
    assert np.isfinite(plan.output[:n]).all()
    return plan.output[:n].tobytes()


@pytest.mark.parametrize("text", NETWORKS)
@pytest.mark.parametrize("setup", [{}, {"threads": 3}, {"latency": True}], ids=str)
def test_answers_are_the_bits_that_copies_give(text, setup, monkeypatch):
    plan = plan_of(text, **setup)
    assert plan.layout.slices
    with copies(monkeypatch):
        copying = plan_of(text, **setup)
        assert not copying.layout.slices
    assert answers(plan, 3) == answers(copying, 3)


def test_a_stack_of_branches_computed_in_place_has_nothing_to_do():
    plan = plan_of(UNET)
    assert offsets(plan) == {
        "relu1": ("stack2", 0),
        "relu2": ("stack1", 0),
        "deconv1": ("stack1", 20),
        "relu4": ("stack2", 16),
    }
    work = count_work(plan, 4)
    assert work["stack1"][0].bytes == work["stack2"][0].bytes == 0


def test_a_stack_within_a_stack_is_computed_there_too():
    assert offsets(plan_of(NESTED)) == {
        "relu1": ("stack2", 0),
        "conv4": ("stack1", 0),
        "conv5": ("stack1", 17),
        "stack1": ("stack2", 5),
    }


def test_the_first_of_several_places_has_a_value_and_the_others_copy_it():
    assert offsets(plan_of(SHARED)) == {"relu1": ("stack1", 0), "conv2": ("stack2", 12)}


@pytest.mark.parametrize(
    "text",
    [
        "conv(8,1) >> relu >> (id | conv(4,1) >> elu) >> conv(5,1)",
        "conv(8,1) >> (id | (maxpool(3,1,1) >> conv(8,1)) + id) >> conv(5,1)",
        "conv(8,1) >> elu >> (id | conv(8,1) + id) >> conv(5,1)",
        "(id | maxpool(3,1,1)) >> conv(5,1)",
        "conv(6,3,pad=1) >> relu >> (id | maxpool(3,1,1)) >> conv(5,1)",
    ],
    ids=["read by others", "a residual", "with a residual", "input and pool", "planar"],
)
def test_what_others_read_or_write_otherwise_lies_by_itself(text):
    assert not plan_of(text).layout.slices


def test_what_is_kept_lies_by_itself_and_is_the_same(monkeypatch):
    plan, names = plan_of(UNET, keep=("relu1", "deconv1", "stack2")), ("relu1", "deconv1", "stack2")
    assert plan.layout.slices.keys() == {"relu2", "relu4"}
    with copies(monkeypatch):
        copying = plan_of(UNET, keep=names)
    assert answers(plan, 4) == answers(copying, 4)
    for name in names:
        assert plan.value(name).flags.c_contiguous
        assert plan.value(name).tobytes() == copying.value(name).tobytes()


def test_training_copies():
    assert not plan_of(UNET, mode="train").layout.slices
