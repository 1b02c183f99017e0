"""`train --dry-run`: everything up to the first steps, and nothing written."""

from __future__ import annotations

from typing import Any

from cnncli.commands._data_options import fail_for_broken
from cnncli.commands._training_preparation import prepare_training
from cnncli.terminal import write_json, write_line


def foresee_training(path: str, options: dict[str, Any], *, as_json: bool) -> None:
    """Write what a training with these options finds and takes."""
    from cnncli.training.demand import check_demand
    from cnncli.training.rehearsal import rehearse
    from cnncli.views.outlook import make_outlook, write_outlook

    prepared = prepare_training(path, options)
    data, graph, settings = prepared.data, prepared.graph, prepared.settings
    demand = check_demand(data, graph, settings)
    outlook = make_outlook(data, graph, settings, demand, rehearse(data, graph, settings))
    if as_json:
        write_json(outlook)
    else:
        for line in write_outlook(outlook):
            write_line(line)
    fail_for_broken(data.broken)
