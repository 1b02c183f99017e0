"""A trained network as a report: its layers, what they look at, its answers, its training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cnncli.render.report import Exhibit, Report, Training
from cnncli.trained.model import Trained
from cnncli.trained.sample import Sample, make_sample
from cnncli.views.report.inside import show_filters, show_maps, work_out
from cnncli.views.report.network import draw_network, list_layers, measure_shapes
from cnncli.views.report.pictures import METHOD, picture_map, picture_sample
from cnncli.views.shape_table import list_totals

if TYPE_CHECKING:
    from cnncli.data.source import LabeledData

NAMES = 12  # of classes in the summary


def make_report(
    trained: Trained,
    name: str,
    samples: Sequence[Sample],
    labeled: LabeledData | None,
    training: Training | None,
    hints: Sequence[str] = (),
    threads: int = 1,
) -> Report:
    """Return the report of a network: on these samples, and on a labeled set where one is given.

    Maps and arithmetic are those of the first sample, or of the first of the set.
    """
    from cnncli.views.report.answers import answer_set

    graph, shapes = trained.graph, measure_shapes(trained.graph)
    explained = [_explain(trained, sample) for sample in samples]
    sample = samples[0] if samples else _take_first(trained, labeled)
    return Report(
        title=name,
        summary=_summarize(trained),
        drawing=draw_network(graph),
        layers=list(list_layers(graph, shapes)),
        totals=list(list_totals(shapes)),
        sample=None if sample is None else picture_sample(sample),
        sample_name="" if sample is None else Path(sample.name).name,
        filters=show_filters(trained, name),
        maps=None if sample is None else show_maps(trained, sample, name),
        arithmetic=None if sample is None else work_out(trained, sample),
        explained=explained,
        answers=None if labeled is None else answer_set(trained, labeled, threads),
        training=training,
        hints=hints,
    )


def _summarize(trained: Trained) -> list[str]:
    outputs, task = trained.task.outputs, trained.task
    names = ", ".join(outputs[:NAMES]) + (", …" if len(outputs) > NAMES else "")
    size = "x".join(map(str, trained.graph.input_shape))
    noun = trained.preprocessing.noun
    return [
        f"Takes {noun}s of {size}; {len(outputs)} {task.plural}: {names}",
        trained.graph.text,
    ]


def _explain(trained: Trained, sample: Sample) -> Exhibit:
    """Return a sample with the answer to it and what speaks for that."""
    record = trained.predict(sample.values)
    map_ = picture_map(trained, sample, None)
    pictures = [picture for picture in (picture_sample(sample), map_) if picture is not None]
    method = [] if map_ is None else [f"where {METHOD} finds what speaks for the answer"]
    return Exhibit(
        pictures, [Path(sample.name).name, trained.task.words.describe_answer(record), *method]
    )


def _take_first(trained: Trained, labeled: LabeledData | None) -> Sample | None:
    """Return the first sample of a set, in the size of the network's input."""
    if labeled is None or trained.masks is not None:
        return None
    values, _ = next(labeled.samples.in_order(1))
    return make_sample(labeled.samples.names[0], values[0].copy(), trained.preprocessing)
