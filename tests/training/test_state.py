"""A training that is stopped anywhere and taken up from its state ends with the same bytes."""

from dataclasses import fields
from itertools import islice

import numpy as np
import pytest
from stripes import TASK, striped_data

from cnncli.engine.optimizers import OPTIMIZERS
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.training.events import Epoch, Step
from cnncli.training.loop import Training
from cnncli.training.settings import choose_settings
from cnncli.training.state import State

TEXT = "conv(4,3,bias=no) >> bn >> relu >> dropout(0.3) >> dense(2)"
TIMES = {"seconds", "samples_per_second"}  # what differs from run to run


def training(optimizer="adamw"):
    graph = build_graph(parse(TEXT), (8, 8, 1))
    given = {"epochs": 2.5, "batch_size": 8, "lr": 5e-3, "optimizer": optimizer, "average": 0.9}
    settings = choose_settings(given, graph, TASK, 20)
    return Training(striped_data(20, 12), graph, settings)


def comparable(value):
    """Return a part of a state without times, as bytes where it holds arrays."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, dict):
        return {name: comparable(part) for name, part in value.items() if name not in TIMES}
    if isinstance(value, list):
        return [comparable(part) for part in value]
    return comparable(vars(value)) if hasattr(value, "__dict__") else value


def everything(state):
    return comparable({field.name: getattr(state, field.name) for field in fields(state)})


WHOLE = 11  # events: epochs of three, three and two steps


@pytest.mark.parametrize("count", range(WHOLE + 1))
def test_a_training_taken_up_after_any_event_ends_with_the_same_state(count):
    whole = training()
    events = list(whole.run())
    first = training()
    list(islice(first.run(), count))
    again = training()
    again.restore(first.state.copy())
    rest = list(again.run())
    assert comparable(rest) == comparable(events[count:])
    assert everything(again.state) == everything(whole.state)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_moments_of_every_optimizer_are_part_of_the_state(optimizer):
    whole = training(optimizer)
    list(whole.run())
    first = training(optimizer)
    list(islice(first.run(), 6))
    again = training(optimizer)
    again.restore(first.state.copy())
    list(again.run())
    assert everything(again.state) == everything(whole.state)


def test_all_that_changes_while_training_is_copied_and_restored():
    run = training()
    begin = {field.name: comparable(getattr(run.state, field.name)) for field in fields(State)}
    list(islice(run.run(), 6))  # in the middle of the second epoch
    other = training()
    other.restore(run.state.copy())
    for field in fields(State):
        now = comparable(getattr(run.state, field.name))
        if field.name not in TIMES:
            assert now != begin[field.name], f"{field.name} has not changed yet"
        assert comparable(getattr(other.state, field.name)) == now, field.name
    assert other.state.seconds == run.state.seconds > 0


def test_a_copy_does_not_change_with_the_training():
    run = training()
    events = run.run()
    while not isinstance(next(events), Epoch):
        pass
    copy = run.state.copy()
    before = everything(copy)
    list(events)
    assert everything(copy) == before


def test_a_restored_training_works_in_its_own_arrays():
    run, other = training(), training()
    list(islice(run.run(), 4))
    other.restore(run.state)
    before = everything(run.state)
    assert isinstance(next(other.run()), Step)
    assert everything(run.state) == before
