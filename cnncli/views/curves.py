"""The epochs of trainings as a chart: loss, the task's figures, learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cnncli.render.chart import Chart, Line, Panel, Style
from cnncli.training.history import History

RANGE = 10.0  # of losses above zero, from the smallest to the largest: more is drawn in decades
LONGEST = 40  # letters of a name
TRAIN, VAL, RATE = Style(0, dashed=True), Style(3), Style(2)  # of a single training


def make_curves(histories: Sequence[History], names: Sequence[str]) -> Chart:
    """Return a chart of one or several trainings over their epochs, under these names.

    Each of several has a color and a marker of its own. What was measured on the training samples
    is dashed, and a ring is around the best epoch.
    """
    names = [name if len(name) <= LONGEST else f"...{name[3 - LONGEST :]}" for name in names]
    several = len(histories) > 1
    styles = [Style(index, marker=index) if several else VAL for index in range(len(histories))]
    panels = [
        _make_loss_panel(histories, styles),
        *(_make_figure_panel(figure, histories, styles) for figure in _list_figures(histories)),
        _make_rate_panel(histories, styles if several else [RATE]),
    ]
    if several:
        title = f"{len(histories)} trainings"
        legend = [*zip(names, styles, strict=True), ("on training samples", TRAIN)]
    else:
        title = f"Training of {names[0]}"
        legend = [("training", TRAIN), ("validation", VAL)]
    drawn = tuple(panel for panel in panels if any(line.points for line in panel.lines))
    return Chart(title, tuple(legend), drawn, "epoch", ring="the best epoch", whole=True)


def name_trainings(histories: Sequence[History]) -> list[str]:
    """Return a name for each training: that of its file, or its whole path where others have it."""
    stems = [Path(history.path).stem or history.path for history in histories]
    return [
        stem if stems.count(stem) == 1 else history.path
        for stem, history in zip(stems, histories, strict=True)
    ]


def _make_loss_panel(histories: Sequence[History], styles: Sequence[Style]) -> Panel:
    lines = []
    for history, style in zip(histories, styles, strict=True):
        train = TRAIN if len(histories) == 1 else Style(style.color, dashed=True)
        lines.append(_make_line(history, "train_loss", train, ringed=False))
        lines.append(_make_line(history, "val_loss", style))
    values = [y for line in lines for _, y in line.points if y is not None]
    wide = bool(values) and min(values) > 0 and max(values) > RANGE * min(values)
    return Panel("loss", tuple(lines), logarithmic=wide)


def _make_figure_panel(figure: str, histories: Sequence[History], styles: Sequence[Style]) -> Panel:
    pairs = zip(histories, styles, strict=True)
    lines = [_make_line(history, figure, style) for history, style in pairs]
    return Panel("validation " + figure.removeprefix("val_").replace("_", " "), tuple(lines), 0.8)


def _make_rate_panel(histories: Sequence[History], styles: Sequence[Style]) -> Panel:
    pairs = zip(histories, styles, strict=True)
    lines = [_make_line(history, "lr", style, ringed=False) for history, style in pairs]
    return Panel("learning rate", tuple(lines), 0.5, from_zero=True)


def _list_figures(histories: Sequence[History]) -> list[str]:
    """Return the figures of validations besides the loss, in the order they occur."""
    names = (name for history in histories for record in history.records for name in record)
    return [name for name in dict.fromkeys(names) if name.startswith("val_") and name != "val_loss"]


def _make_line(history: History, figure: str, style: Style, *, ringed: bool = True) -> Line:
    points = [(record["epoch"], record[figure]) for record in history.records if figure in record]
    if all(y is None for _, y in points):
        points = []
    best = [record["epoch"] for record in history.records if record.get("best") is True]
    return Line(tuple(points), style, best[-1] if best and ringed else None)
