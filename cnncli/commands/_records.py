"""Writes the records of `predict` to stdout: as plain text, as JSON or as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cnncli.rows import write_row
from cnncli.tasks import Task
from cnncli.terminal import complain, escape_on_terminal, write_json, write_line
from cnncli.trained.answers import Record
from cnncli.trained.model import Trained


def make_writer(
    form: str,
    trained: Trained,
    top_k: int | None,
    kind: str,
    layer: str | None,
    *,
    with_errors: bool = False,
) -> Callable[[Record], None]:
    """Return what writes a record to stdout; a table begins with its header.

    `with_errors` gives a table a last column, which says why an input has no answer.
    """
    if form == "jsonl":
        return write_json
    values = {"probs": None, "logits": "logits"}.get(kind, "features")
    if form == "plain":
        return lambda record: write_line(_word_record(record, trained.task, values))
    columns = _make_header(trained, top_k, kind, layer)
    delimiter = "," if form == "csv" else "\t"
    _write_row(["path", *columns, *(["error"] if with_errors else [])], delimiter)

    def write(record: Record) -> None:
        if "error" in record:
            complain(f"{record['path']}: {record['error']}")
            cells: list[Any] = [""] * len(columns)
        else:
            cells = _make_row(record, trained.task, top_k, values)
        reason = [record.get("error", "")] if with_errors else []
        _write_row([record["path"], *cells, *reason], delimiter)

    return write


def _word_record(record: Record, task: Task, values: str | None) -> str:
    name = escape_on_terminal(record["path"])
    if "error" in record:
        return f"{name}: error: {escape_on_terminal(record['error'])}"
    if values:
        return f"{name}: " + " ".join(str(value) for value in record[values].ravel())
    return f"{name}: {escape_on_terminal(task.words.describe_answer(record))}"


def _make_header(trained: Trained, top_k: int | None, kind: str, layer: str | None) -> list[str]:
    """Return the header of a table, without the path."""
    if kind == "logits":
        return list(trained.task.outputs)
    if layer is not None:
        node = next(node for node in trained.graph.nodes if node.name == layer)
        return [f"{layer}[{i}]" for i in range(math.prod(node.output_shape))]
    return trained.task.words.name_columns(top_k)


def _make_row(record: Record, task: Task, top_k: int | None, values: str | None) -> list[Any]:
    return list(record[values].ravel()) if values else task.words.fill_row(record, top_k)


def _write_row(cells: list[Any], delimiter: str) -> None:
    write_line(escape_on_terminal(write_row(cells, delimiter)))
