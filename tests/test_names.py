"""The names in help are those of the registries: none is missing, none is made up."""

import pytest

from cnncli import names
from cnncli.data.images.preprocessing import NORMALIZATIONS
from cnncli.engine import METHODS
from cnncli.engine.optimizers import OPTIMIZERS
from cnncli.losses import LOSSES
from cnncli.tasks import TASKS
from cnncli.training.schedules import SCHEDULES


@pytest.mark.parametrize(
    ("listed", "registered"),
    [
        (names.INIT_METHODS, METHODS),
        (names.LOSSES, LOSSES),
        (names.MONITORS, {"train_loss", *(name for t in TASKS.values() for name in t.monitors)}),
        (names.NORMALIZATIONS, NORMALIZATIONS),
        (names.OPTIMIZERS, OPTIMIZERS),
        (names.SCHEDULES, SCHEDULES),
        (names.TASKS, TASKS),
    ],
    ids=["init", "loss", "monitor", "normalize", "optimizer", "lr-schedule", "task"],
)
def test_help_lists_what_there_is(listed, registered):
    assert len(listed) == len(set(listed))
    assert set(listed) == set(registered)


def test_the_losses_of_the_tasks_exist():
    assert {name for task in TASKS.values() for name in task.losses} == set(LOSSES)
