"""`cnncli lr-find`: a learning rate for a training."""

from __future__ import annotations

from typing import Any

import click

from cnncli.commands._charts import check_chart_output, write_chart
from cnncli.commands._data_options import fail_for_broken, record_broken
from cnncli.commands._training_options import GROUPS, training_options
from cnncli.errors import UsageError
from cnncli.options import OUTPUT, command, force_option, json_option
from cnncli.terminal import Progress, note, write_json, write_line


@command(
    "cnncli lr-find sample_data/digits",
    "cnncli lr-find sample_data/digits --arch lenet5 --optimizer momentum -o lr.png",
    groups=GROUPS,
)
@click.argument("data", metavar="DATA")
@click.option("-o", "--output", type=OUTPUT, metavar="FILE",
              help="Draw the losses over the rates, as .png or .svg.")  # fmt: skip
@training_options
@force_option
@json_option
def lr_find(data: str, output: str | None, force: bool, as_json: bool, **options: Any) -> None:
    """Find a learning rate by a few steps in which it rises.

    Takes the data and the options of `cnncli train`. The suggested rate alone goes to stdout, so
    that `cnncli train DATA --lr $(cnncli lr-find DATA -q)` works; the losses go to stderr. Nothing
    is trained for good. See also `cnncli help planning`.
    """
    from cnncli.commands._training_preparation import prepare_training
    from cnncli.training.demand import check_demand
    from cnncli.training.range_test import STEPS, run_range_test, suggest_rate
    from cnncli.views.range_test import make_range_chart, write_range_table

    if output == "-":
        raise UsageError("-o - would go to stdout, where the learning rate goes; give a file")
    if options["lr"] is not None:
        raise UsageError("--lr is what lr-find looks for; leave it out")
    check_chart_output(output, force=force, as_json=as_json)
    prepared = prepare_training(data, options)
    depends = prepared.data, prepared.graph, prepared.settings
    check_demand(*depends)
    trials = []
    with Progress(STEPS, "steps") as progress:
        for trial in run_range_test(*depends, prepared.inherited):
            trials.append(trial)
            progress.update(len(trials), f"learning rate {trial.learning_rate:.1e}")
    suggestion = float(f"{suggest_rate(trials):.2g}")
    if output is not None:
        write_chart(output, make_range_chart(trials, suggestion), force=force)
    for line in write_range_table(trials):
        note(line)
    if as_json:
        write_json(
            {
                "schema": 1,
                "command": "lr-find",
                "arch": prepared.graph.text,
                "lr": suggestion,
                "steps": [vars(trial) for trial in trials],
                **record_broken(prepared.data.broken),
            }
        )
    else:
        write_line(f"{suggestion:g}")
    fail_for_broken(prepared.data.broken)
