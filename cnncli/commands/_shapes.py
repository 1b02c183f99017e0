"""What `shape-calc` prints of its figures: an aligned table, CSV or Markdown."""

from __future__ import annotations

import io
from collections.abc import Iterator
from csv import writer as csv_writer
from typing import Any

COLUMNS = ("name", "layer", "output", "params", "MACs", "field", "jump", "lost")


def table(report: dict[str, Any]) -> Iterator[str]:
    """Yield aligned columns, the totals, and what is lost."""
    rows = [COLUMNS, *(_row(layer, report) for layer in report["layers"])]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield f"input {_size(report['input'])}"
    yield ""
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:3], widths[:3], strict=True)]
        cells += [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
        yield "  ".join(cells).rstrip()
    yield from ("", *_totals(report))
    for layer in report["layers"]:
        if any(layer["lost"]):
            yield _loss(layer, report)
    if "shared" in report:
        yield from _explanations(report)


def _explanations(report: dict[str, Any]) -> Iterator[str]:
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
            size = f"{_size(layer['input'])} " if len(layer["inputs"]) == 1 else ""
            yield f"{layer['name']}  {layer['layer']}  {size}-> {_size(layer['output'])}"
            yield from (f"    {line}" for line in layer["explanation"])


def _totals(report: dict[str, Any]) -> Iterator[str]:
    total = report["total"]
    yield f"params   {total['params']:,}, a model file of {_bytes(total['weights_bytes'])}"
    what = "signal" if _is_signal(report) else "image"
    yield f"MACs     {total['macs']:,} per {what} = {total['flops']:,} FLOPs"
    yield (
        f"memory   {_bytes(total['train_bytes'])} to train, {_bytes(total['predict_bytes'])} to "
        f"predict in batches of {report['batch_size']}, besides the weights"
    )


def csv(report: dict[str, Any]) -> Iterator[str]:
    """Yield all records at once, with a header."""
    out = io.StringIO()
    writer = csv_writer(out, lineterminator="\n")
    names = ("name", "kind", "layer", "input", "output", "params", "macs", "receptive_field")
    writer.writerow((*names, "jump", "lost"))
    for layer in report["layers"]:
        cells = (layer[name] for name in (*names, "jump", "lost"))
        writer.writerow(_size(cell) if isinstance(cell, tuple) else cell for cell in cells)
    yield out.getvalue().rstrip("\n")


def markdown(report: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a table, the totals last."""
    yield f"| {' | '.join(COLUMNS)} |"
    yield "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for layer in report["layers"]:
        yield f"| {' | '.join(_row(layer, report))} |"
    total = report["total"]
    yield f"| total | | | {total['params']:,} | {total['macs']:,} | | | |"


def _row(layer: dict[str, Any], report: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of a layer; of a signal, whose rows are one, the columns are told."""
    sight = [layer[name] for name in ("receptive_field", "jump", "lost")]
    if _is_signal(report):
        sight = [pair[1:] for pair in sight]
    return (
        layer["name"],
        layer["layer"],
        _size(layer["output"]),
        f"{layer['params']:,}",
        f"{layer['macs']:,}",
        *(_size(set(pair) if len(set(pair)) == 1 else pair) for pair in sight),
    )


def _loss(layer: dict[str, Any], report: dict[str, Any]) -> str:
    """Return in words what no window of a layer reaches."""
    words = ("row", "sample" if _is_signal(report) else "column")
    counted = [
        f"{number} {word if number == 1 else word + 's'}"
        for number, word in zip(layer["lost"], words, strict=True)
        if number
    ]
    size = _size(layer["input"][:-1])
    verb = "is" if sum(layer["lost"]) == 1 else "are"
    return f"{layer['name']}: {' and '.join(counted)} of its {size} input {verb} never used"


def _is_signal(report: dict[str, Any]) -> bool:
    return len(report["input"]) == 2


def _size(numbers: Any) -> str:
    return "x".join(f"{number:.4g}" if number % 1 else str(int(number)) for number in numbers)


def _bytes(count: float) -> str:
    units = ["bytes", "KiB", "MiB", "GiB"]
    while count >= 1024 and len(units) > 1:
        count /= 1024
        units.pop(0)
    return f"{count:.4g} {units[0]}"


WRITTEN = {"table": table, "csv": csv, "markdown": markdown}
