"""`cnncli curves`: how trainings went, epoch by epoch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cnncli.commands._charts import check_chart_output, write_chart
from cnncli.errors import UsageError
from cnncli.options import OUTPUT, command, force_option, json_option, read_stdin
from cnncli.terminal import choose_depth, escape_on_terminal, note, write_json, write_line

if TYPE_CHECKING:
    from cnncli.render.chart import Chart
    from cnncli.training.history import History

WIDTH = 80  # columns of a chart that goes to no terminal
NARROWEST, WIDEST = 40, 120


@command("cnncli curves digits.npz", "cnncli curves small.jsonl large.jsonl -o curves.png")
@click.argument("trainings", metavar="LOG.jsonl|MODEL.npz...", nargs=-1, required=True)
@click.option("-o", "--output", type=OUTPUT, metavar="FILE",
              help="Write a picture, .png or .svg, in place of a chart in characters.")  # fmt: skip
@force_option
@json_option
def curves(trainings: tuple[str, ...], output: str | None, force: bool, as_json: bool) -> None:
    """Draw loss, figures and learning rate of trainings over their epochs.

    Takes logs that `train --log` wrote, also while it writes them (- for a log on stdin), and
    trained models. Several trainings are drawn into one chart. Without --output it is drawn in
    characters; --json lists the epochs instead. See also `cnncli help planning`.
    """
    from cnncli.views.curves import make_curves, name_trainings

    check_chart_output(output, force=force, as_json=as_json)
    histories = _read(trainings)
    names = name_trainings(histories)
    if output is not None:
        write_chart(output, make_curves(histories, names), force=force)
    if as_json:
        write_json(
            {
                "schema": 1,
                "command": "curves",
                "trainings": [
                    {"name": name, "path": history.path, "epochs": history.records}
                    for name, history in zip(names, histories, strict=True)
                ],
            }
        )
    elif output is None:
        _draw(make_curves(histories, [escape_on_terminal(name) for name in names]))


def _read(paths: tuple[str, ...]) -> list[History]:
    """Return what the trainings got; say what was left out."""
    from cnncli.training.history import read_history

    if paths.count("-") > 1:
        raise UsageError("stdin can be read only once; give - once")
    histories = [read_history(path, read_stdin() if path == "-" else None) for path in paths]
    for history in histories:
        if history.notice:
            note(history.notice)
    return histories


def _draw(chart: Chart) -> None:
    from cnncli.render.chart.txt import draw_text

    width = WIDTH
    if sys.stdout.isatty():
        import shutil

        width = min(WIDEST, max(NARROWEST, shutil.get_terminal_size().columns))
    for line in draw_text(chart, width, choose_depth()):
        write_line(line)
