"""What `predict` writes: a record per image, as plain text, JSON or a row of a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from cnncli.options import Trained
from cnncli.terminal import complain, shown, write_json, write_line
from cnncli.training.evaluation import probabilities
from cnncli.training.prediction import Answer

Record = dict[str, Any]


def recorder(
    classes: Sequence[str], top_k: int, min_confidence: float, kind: str
) -> Callable[[Answer], Record]:
    """Return what makes a record of an answer, in the terms of the contract."""

    def record(answer: Answer) -> Record:
        if answer.logits is None:
            return {"path": answer.name, "error": answer.error}
        shares = probabilities(answer.logits[None])[0].astype(np.float32)
        order = np.argsort(-answer.logits, kind="stable")[:top_k]
        top = [{"label": classes[i], "confidence": shares[i]} for i in order]
        top = [one for one in top if one["confidence"] >= min_confidence]
        found = {
            "path": answer.name,
            "label": top[0]["label"] if top else None,
            "confidence": shares[order[0]],
            "top": top,
        }
        if kind == "logits":
            found["logits"] = answer.logits
        elif answer.features is not None:
            found["features"] = answer.features
        return found

    return record


def writer(
    form: str, trained: Trained, top_k: int, kind: str, layer: str | None
) -> Callable[[Record], None]:
    """Return what writes a record to stdout; a table begins with its header."""
    if form == "jsonl":
        return write_json
    values = {"probs": None, "logits": "logits"}.get(kind, "features")
    if form == "plain":
        return lambda record: write_line(_plain(record, values))
    columns = _columns(trained, top_k, kind, layer)
    delimiter = "," if form == "csv" else "\t"
    _write_row(["path", *columns], delimiter)

    def write(record: Record) -> None:
        if "error" in record:
            complain(f"{record['path']}: {record['error']}")
        _write_row([record["path"], *_cells(record, columns, values)], delimiter)

    return write


def _plain(record: Record, values: str | None) -> str:
    name = shown(record["path"])
    if "error" in record:
        return f"{name}: error: {shown(record['error'])}"
    if values:
        return f"{name}: " + " ".join(str(one) for one in record[values].ravel())
    top = [f"{one['confidence']:.2f} {shown(one['label'])}" for one in record["top"]]
    return f"{name}: {', '.join(top) or 'unknown'}"


def _columns(trained: Trained, top_k: int, kind: str, layer: str | None) -> list[str]:
    """Return the header of a table, without the path."""
    classes = trained.model.classes
    if kind == "logits":
        return classes
    if layer is not None:
        node = next(one for one in trained.graph.nodes if one.name == layer)
        return [f"{layer}[{i}]" for i in range(math.prod(node.output_shape))]
    numbers = range(2, min(top_k, len(classes)) + 1)
    return ["label", "confidence", *chain(*((f"label_{i}", f"confidence_{i}") for i in numbers))]


def _cells(record: Record, columns: list[str], values: str | None) -> list[Any]:
    if "error" in record:
        return [""] * len(columns)
    if values:
        return list(record[values].ravel())
    cells = [(one["label"], one["confidence"]) for one in record["top"]]
    cells = cells or [("", record["confidence"])]
    row = list(chain.from_iterable(cells))
    return row + [""] * (len(columns) - len(row))


def _write_row(cells: list[Any], delimiter: str) -> None:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow(cells)
    write_line(shown(text.getvalue()))
