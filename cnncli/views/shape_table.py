"""A report of shapes as lines of text: an aligned table, CSV or Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncli.rows import write_row
from cnncli.views.shapes import Report

COLUMNS = ("name", "layer", "output", "params", "MACs", "field", "jump", "lost")


def write_table(report: Report) -> Iterator[str]:
    """Yield aligned columns, the totals, and what is lost."""
    rows = list_rows(report)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield f"input {_write_size(report['input'])}"
    yield ""
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:3], widths[:3], strict=True)]
        cells += [cell.rjust(width) for cell, width in zip(row[3:8], widths[3:8], strict=True)]
        cells += row[8:]
        yield "  ".join(cells).rstrip()
    yield from ("", *list_totals(report))
    for layer in report["layers"]:
        if any(layer["lost"]):
            yield _describe_loss(layer, report)
    if "shared" in report:
        yield from _explanation_lines(report)


def _explanation_lines(report: Report) -> Iterator[str]:
    shared = report["shared"]
    if shared["params"]:
        yield (
            f"sharing  the convolutions learn {shared['params']:,}, dense layers in their place "
            f"would learn {shared['params_if_dense']:,}"
        )
    yield ""
    if _is_signal(report):
        yield "P samples of the output; field and jump in samples of the network's input;"
    else:
        yield "P rows and Q columns of the output; field and jump in pixels of the network's input;"
    yield "if dense: with a weight of its own for each pair of input and output; weight sharing:"
    yield "how many times as many a dense layer would learn"
    for layer in report["layers"]:
        if layer["explanation"]:
            yield ""
            size = f"{_write_size(layer['input'])} " if len(layer["inputs"]) == 1 else ""
            yield f"{layer['name']}  {layer['layer']}  {size}-> {_write_size(layer['output'])}"
            yield from (f"    {line}" for line in layer["explanation"])


def list_totals(report: Report) -> Iterator[str]:
    """Yield parameters, cost and memory in words."""
    total = report["total"]
    yield f"params   {total['params']:,}, a model file of {_write_bytes(total['weights_bytes'])}"
    what = "signal" if _is_signal(report) else "image"
    yield f"MACs     {total['macs']:,} per {what} = {total['flops']:,} FLOPs"
    train, predict = _write_bytes(total["train_bytes"]), _write_bytes(total["predict_bytes"])
    yield (
        f"memory   {train} to train, {predict} to predict in batches of {report['batch_size']}, "
        "besides the weights"
    )


def write_csv(report: Report) -> Iterator[str]:
    """Yield all records at once, with a header."""
    names = ("name", "kind", "layer", "input", "output", "params", "macs", "receptive_field")
    rows = [write_row((*names, "jump", "lost"))]
    for layer in report["layers"]:
        cells = (layer[name] for name in (*names, "jump", "lost"))
        row = (_write_size(cell) if isinstance(cell, tuple) else cell for cell in cells)
        rows.append(write_row(row))
    yield "\n".join(rows)


def write_markdown(report: Report) -> Iterator[str]:
    """Yield the lines of a table, the totals last."""
    header, *rows = list_rows(report)
    more = len(header) - len(COLUMNS)
    yield f"| {' | '.join(header)} |"
    yield "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |" + " --- |" * more
    for row in rows:
        yield f"| {' | '.join(row)} |"
    total = report["total"]
    yield f"| total | | | {total['params']:,} | {total['macs']:,} | | | |" + " |" * more


def list_rows(report: Report) -> list[tuple[str, ...]]:
    """Return the header and a row per layer.

    Where the network has branches, a last column says whose output a layer reads, if that is not
    the line above.
    """
    rows = [COLUMNS, *(_list_cells(layer, report) for layer in report["layers"])]
    above = ["input", *(layer["name"] for layer in report["layers"])]
    reads = [
        "" if layer["inputs"] == [before] else ", ".join(layer["inputs"])
        for layer, before in zip(report["layers"], above, strict=False)
    ]
    if any(reads):
        rows = [(*row, cell) for row, cell in zip(rows, ["reads", *reads], strict=True)]
    return rows


def _list_cells(layer: Report, report: Report) -> tuple[str, ...]:
    """Return the cells of a layer; a signal has a single row, so its columns alone are shown."""
    pairs = [layer[name] for name in ("receptive_field", "jump", "lost")]
    if _is_signal(report):
        pairs = [pair[1:] for pair in pairs]
    return (
        layer["name"],
        layer["layer"],
        _write_size(layer["output"]),
        f"{layer['params']:,}",
        f"{layer['macs']:,}",
        *(_write_size(set(pair) if len(set(pair)) == 1 else pair) for pair in pairs),
    )


def _describe_loss(layer: Report, report: Report) -> str:
    """Return in words what no window of a layer reaches."""
    words = ("row", "sample" if _is_signal(report) else "column")
    losses = [
        f"{number} {word if number == 1 else word + 's'}"
        for number, word in zip(layer["lost"], words, strict=True)
        if number
    ]
    size = _write_size(layer["input"][:-1])
    verb = "is" if sum(layer["lost"]) == 1 else "are"
    return f"{layer['name']}: {' and '.join(losses)} of its {size} input {verb} never used"


def _is_signal(report: Report) -> bool:
    return len(report["input"]) == 2


def _write_size(numbers: Any) -> str:
    return "x".join(f"{number:.4g}" if number % 1 else str(int(number)) for number in numbers)


def _write_bytes(count: float) -> str:
    units = ["bytes", "KiB", "MiB", "GiB"]
    while count >= 1024 and len(units) > 1:
        count /= 1024
        units.pop(0)
    return f"{count:.4g} {units[0]}"


FORMATS = {"table": write_table, "csv": write_csv, "markdown": write_markdown}
