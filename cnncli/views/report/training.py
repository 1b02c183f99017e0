"""How a network was trained, for a report."""

from __future__ import annotations

from typing import Any

from cnncli.errors import DataError
from cnncli.render.chart.page import draw_page
from cnncli.render.report import Training
from cnncli.render.strokes.svg import write_svg
from cnncli.training.history import History, read_records
from cnncli.views.curves import make_curves


def describe_training(records: Any, name: str, command: str, note: str) -> Training:
    """Return the curves and the figures of a training's epochs; of none where none are known."""
    try:
        history = read_records(name, records)
    except DataError:
        return Training("", [], [], command, note)
    columns = list(dict.fromkeys(column for record in history.records for column in record))
    return Training(
        "\n".join(write_svg(draw_page(make_curves([history], [name])))),
        [column.replace("_", " ") for column in columns],
        _write_rows(history, columns),
        command,
        note,
    )


def _write_rows(history: History, columns: list[str]) -> list[list[str]]:
    return [[_write(record.get(column)) for column in columns] for record in history.records]


def _write(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "yes" if value else ""
    return f"{value:.4g}"
