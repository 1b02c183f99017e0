"""From a network and its weights to a whole model: with classes, preprocessing and a task."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnncli.data.images.preprocessing import Preprocessing
from cnncli.errors import ArchitectureError, UsageError, setting
from cnncli.exchange.class_names import number_classes
from cnncli.exchange.given import Imported
from cnncli.exchange.preparation import choose_preprocessing
from cnncli.model_file import Model, check_savable
from cnncli.samples import MaskLevels
from cnncli.tasks import MultiLabel, Segmentation, read_task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnncli.exchange.given import Given
    from cnncli.graph import Graph
    from cnncli.layers.base import Array

MOST_LEVELS = 256  # of masks


def complete(
    graph: Graph, weights: Mapping[str, Array], given: Given, *, labels: bool = False
) -> Imported:
    """Return a network with its weights as a model, and what was chosen where nothing was given.

    Weights are float32 in the shapes of the model file. A network that answers with a vector tells
    classes apart, or gives several `labels`; one that answers with a map gives each pixel a class.
    Raises UsageError for a number of names that is not that of the outputs, ArchitectureError for a
    network that no model file can hold.
    """
    notes: list[str] = []
    count = graph.classes
    classes = list(given.classes or number_classes(count))
    if given.classes is None:
        notes.append(
            f"the classes are called 0 to {count - 1}; convert with {setting('classes')} names them"
        )
    elif len(classes) != count:
        raise UsageError(_word_wrong_count(classes, count))
    preprocessing, chosen = choose_preprocessing(given.preprocessing, graph.input_shape, count)
    notes += chosen
    task: dict[str, Any] = {}
    if len(graph.output_shape) == 3:
        task = _describe_masks(tuple(classes))
        if isinstance(preprocessing, Preprocessing):  # every pixel of an image is answered for
            preprocessing = replace(preprocessing, resize="none", share=None)
    elif labels:
        task = MultiLabel(tuple(classes), thresholds=(0.5,) * count).to_manifest()
    check_savable(graph.text, graph.input_shape, classes)
    read_task(classes, task).check(graph)
    model = Model(
        arch=graph.text,
        input_shape=graph.input_shape,
        preprocessing=preprocessing.to_manifest(),
        classes=classes,
        weights=dict(weights),
        task=task,
    )
    return Imported(model, tuple(notes))


def _describe_masks(classes: tuple[str, ...]) -> dict[str, Any]:
    """Return the task of giving each pixel a class; the levels of masks are 0, 1, 2 and so on."""
    if len(classes) > MOST_LEVELS:
        raise ArchitectureError(
            f"the network gives each pixel one of {len(classes)} classes; "
            f"masks have at most {MOST_LEVELS}"
        )
    levels = tuple(range(len(classes)))
    return Segmentation(classes, masks=MaskLevels(levels, classes)).to_manifest()


def replace_names(model: Model, given: Given) -> Imported:
    """Return a model that is whole, with other names of classes or another preprocessing if given.

    Raises UsageError where another network is given, which its weights are not those of.
    """
    if given.arch is not None or given.input_shape not in (None, model.input_shape):
        name = setting("arch" if given.arch is not None else "input_shape")
        raise UsageError(f"the file says itself what its network is; leave out {name}")
    if given.classes is None and given.preprocessing is None:
        return Imported(model)
    if given.classes is not None:
        if len(given.classes) != len(model.classes):
            raise UsageError(_word_wrong_count(given.classes, len(model.classes)))
        model = replace(model, classes=list(given.classes))
    if given.preprocessing is not None:
        chosen, _ = choose_preprocessing(given.preprocessing, model.input_shape, len(model.classes))
        model = replace(model, preprocessing=chosen.to_manifest())
    return Imported(model)


def _word_wrong_count(names: Sequence[str], count: int) -> str:
    return f"{setting('classes')}: {len(names)} names for the {count} outputs of the network"
