"""What was found as a sheet of small pictures or as a chart, by the kind of the findings."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from cnncli.errors import UsageError, setting
from cnncli.inspection.base import (
    AttributionFindings,
    FilterFindings,
    Findings,
    InputFindings,
    MapFindings,
    PatchFindings,
    ScoreFindings,
    ShiftFindings,
)
from cnncli.render.chart import Chart
from cnncli.render.colors import show_bands
from cnncli.render.drawing import Drawing
from cnncli.render.filter_sheet import lay_out_filters
from cnncli.render.map_sheet import lay_out_attributions, lay_out_maps
from cnncli.render.patch_sheet import lay_out_patches
from cnncli.render.sheet import Capacity, Sheet, Tile, describe_cut
from cnncli.render.text import write_number
from cnncli.render.waveform import WIDTH, draw_waveform, stretch
from cnncli.trained.sample import Sample
from cnncli.views.score import make_score_chart
from cnncli.views.shift import make_shift_chart


@singledispatch
def make_drawing(
    findings: Findings,
    model: str,
    sample: Sample | None,
    capacity: Capacity,
    *,
    overlay: bool = False,
) -> Drawing:
    """Return a sheet of as many filters or maps as there is room for, or a chart.

    Its heading tells the model and, where the findings are of a sample, the sample by their names.
    With `overlay` feature maps lie over their image; raises UsageError where they are no images.
    """
    raise NotImplementedError


@make_drawing.register
def _(
    findings: FilterFindings, model: str, sample: Sample | None, capacity: Capacity, **_: bool
) -> Sheet:
    filters = findings.values
    size = f"{_size(findings)}x{filters.shape[1]}"
    return lay_out_filters(
        filters,
        f"{findings.layer} · {_many(len(filters), 'filter')} {size}",
        model,
        color=findings.color,
        dead=_dead(findings),
        labels=findings.labels,
        capacity=capacity,
    )


@make_drawing.register
def _(
    findings: MapFindings,
    model: str,
    sample: Sample | None,
    capacity: Capacity,
    *,
    overlay: bool = False,
) -> Sheet:
    assert sample is not None
    findings = findings.arrange()
    maps, size = findings.values, _size(findings)
    if overlay and maps.shape[1] == 1:
        raise UsageError(
            f"{setting('overlay')}: {findings.layer} has no maps of several rows; "
            "leave it out, or name another layer"
        )
    what = (
        _many(len(maps), "unit") if size == "1x1" else f"{_many(len(maps), 'feature map')} {size}"
    )
    title = f"{findings.layer} · {what}"
    note = f"{model} on {sample.name}"
    return lay_out_maps(
        maps,
        sample.values,
        title,
        note,
        labels=_add_maxima(findings),
        centers=findings.centers if overlay else None,
        capacity=capacity,
    )


@make_drawing.register
def _(
    findings: AttributionFindings, model: str, sample: Sample | None, capacity: Capacity, **_: bool
) -> Sheet:
    assert sample is not None
    return lay_out_attributions(
        findings.values,
        sample.values,
        f"{findings.method} of {', '.join(findings.labels)} at {findings.layer}",
        f"{model} on {sample.name}",
        labels=findings.labels,
        signed=findings.signed,
        capacity=capacity,
    )


@make_drawing.register
def _(
    findings: PatchFindings, model: str, sample: Sample | None, capacity: Capacity, **_: bool
) -> Sheet:
    patches = _many(findings.values.shape[1], "patch", "patches")
    size = "x".join(map(str, findings.values.shape[2:4]))
    return lay_out_patches(
        findings.values,
        findings.figures["deconvolutions"],
        findings.inside,
        f"{findings.layer} · the {patches} {size} that excite each filter most",
        f"{model} on {findings.samples} samples · on the right, what in each of them does",
        labels=_add_maxima(findings),
        capacity=capacity,
    )


@make_drawing.register
def _(
    findings: InputFindings, model: str, sample: Sample | None, capacity: Capacity, **_: bool
) -> Sheet:
    top, left, bottom, right = findings.figures["field"][0]
    shown = findings.values[: capacity.tiles, top:bottom, left:right]
    if shown.dtype == np.uint8:
        pictures = [show_bands(values) for values in shown]
    else:
        pictures = [show_bands(draw_waveform(stretch(values[0], WIDTH))) for values in shown]
    figures, ending = findings.figures["activation"], ""
    if "probability" in findings.figures:
        figures, ending = 100 * findings.figures["probability"], " %"
    tiles = [
        Tile(picture, f"{label} · {write_number(float(figure))}{ending}")
        for picture, label, figure in zip(pictures, findings.labels, figures, strict=False)
    ]
    cut = describe_cut(len(tiles), len(findings.values), "inputs")
    what = findings.labels[0] if len(findings.labels) == 1 else "each of these"
    title = f"{findings.layer} · made to excite {what}"
    return Sheet(title, model, tiles, None, cut=cut)


@make_drawing.register
def _(
    findings: ShiftFindings, model: str, sample: Sample | None, capacity: Capacity, **_: bool
) -> Chart:
    assert sample is not None
    return make_shift_chart(findings, f"{model} on {sample.name}")


@make_drawing.register
def _(
    findings: ScoreFindings, model: str, sample: Sample | None, capacity: Capacity, **_: bool
) -> Chart:
    assert sample is not None
    return make_score_chart(findings, f"{model} on {sample.name}")


def _size(findings: Findings) -> str:
    return f"{findings.values.shape[-2]}x{findings.values.shape[-1]}"


def _add_maxima(findings: Findings) -> list[str]:
    """Return the label of each filter with its largest value, or that it is dead."""
    maxima, dead = findings.figures["max"], _dead(findings)
    return [
        f"{label} · {'dead' if row in dead else write_number(float(largest))}"
        for row, (label, largest) in enumerate(zip(findings.labels, maxima, strict=True))
    ]


def _dead(findings: Findings) -> list[int]:
    """Return the numbers of the filters or maps that are dead, where that was found out."""
    return findings.figures["dead"].nonzero()[0].tolist() if "dead" in findings.figures else []


def _many(count: int, what: str, several: str = "") -> str:
    return f"{count} {what}" if count == 1 else f"{count} {several or f'{what}s'}"
