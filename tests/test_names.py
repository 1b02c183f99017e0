"""The names in help are those of the registries: none is missing, none is made up."""

import pytest

from cnncli import names, presets, synonyms
from cnncli.augment import STEPS
from cnncli.cli import group as commands
from cnncli.data.images.preprocessing import NORMALIZATIONS
from cnncli.engine import METHODS
from cnncli.engine.optimizers import OPTIMIZERS
from cnncli.layers import LAYERS
from cnncli.losses import LOSSES
from cnncli.notation.expansion import OPERATORS, list_named_layers
from cnncli.tasks import TASKS
from cnncli.training.schedules import SCHEDULES


@pytest.mark.parametrize(
    ("listed", "registered"),
    [
        (names.INIT_METHODS, METHODS),
        (names.MONITORS, {"train_loss", *(name for t in TASKS.values() for name in t.monitors)}),
        (names.NORMALIZATIONS, NORMALIZATIONS),
        (names.OPTIMIZERS, OPTIMIZERS),
        (names.SCHEDULES, SCHEDULES),
        (names.TASKS, TASKS),
    ],
    ids=["init", "monitor", "normalize", "optimizer", "lr-schedule", "task"],
)
def test_help_lists_what_there_is(listed, registered):
    assert len(listed) == len(set(listed))
    assert set(listed) == set(registered)


@pytest.mark.parametrize("task", TASKS)
def test_help_lists_the_losses_of_every_task_with_the_usual_one_first(task):
    assert names.LOSSES[task] == TASKS[task].list_losses()
    assert set(names.LOSSES[task]) == {name for name in LOSSES if task in LOSSES[name].tasks}


KNOWN = {
    "layers": [*list_named_layers(), *OPERATORS, "id"],
    "settings": {field.name for layer in LAYERS.values() for field in layer.settings()},
    "steps": {name for steps in STEPS.values() for name in steps},
    "options": {
        option.removeprefix("--")
        for name in commands.list_commands(None)
        for parameter in commands.get_command(None, name).params
        for option in parameter.opts
    },
    "commands": commands.list_commands(None),
    "others": {
        *LOSSES,
        *presets.names(),
        *(
            choice
            for name in commands.list_commands(None)
            for parameter in commands.get_command(None, name).params
            for choice in getattr(parameter.type, "choices", ())
        ),
    },
}


@pytest.mark.parametrize("kind", KNOWN)
def test_words_from_elsewhere_stand_for_what_there_is(kind):
    table = getattr(synonyms, kind.upper())
    assert set(table) <= set(KNOWN[kind])


@pytest.mark.parametrize("kind", KNOWN)
def test_words_from_elsewhere_are_folded(kind):
    words = " ".join(getattr(synonyms, kind.upper()).values()).split()
    assert all(word == synonyms.fold(word) for word in words)
