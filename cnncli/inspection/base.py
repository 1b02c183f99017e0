"""What every method of looking into a network is, what it is asked, and what it finds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import UsageError, setting
from cnncli.inspection.figures import Array, Figures
from cnncli.inspection.watcher import Watcher
from cnncli.layers.base import Shape
from cnncli.registry import Named, Registry
from cnncli.value import Value

if TYPE_CHECKING:
    from typing_extensions import Self

    from cnncli.trained.model import Trained
    from cnncli.trained.sample import Sample

TOLD = ("kind", "angle", "words")  # figures that are told by the words
Places = NDArray[np.floating[Any]]  # (rows,) or (columns,) in pixels

METHODS: Registry[type[Method]] = Registry("method")


class Subject(Value):
    """What a method is to look at, and what at in particular; None where nobody said."""

    sample: Sample | None = None  # an image or signal
    data: str | None = None  # the path of a data set
    layer: str | None = None
    filters: tuple[int, ...] | None = None  # numbers of filters, in the order to be shown in
    sort: str | None = None  # by what filters are sorted: one of SORTS
    output: str | None = None  # the name of a class, a label or a number
    watcher: Watcher = Watcher()


class Findings(Value):
    """What a method found: n filters or maps; its kind decides how it is shown (views/sheet.py)."""

    layer: str  # whose they are; "input" for maps of the input itself, "network" for many layers
    labels: tuple[str, ...]  # of each of them: the number of the filter, or what a map explains
    values: Array  # (n, ...)
    figures: Figures

    noun: ClassVar[str] = "filters"  # what there are n of

    def list_records(self) -> list[dict[str, Any]]:
        """Return what is known of each filter, by name."""
        known = [
            {"name": f"{self.layer}:{label}", "index": int(label), "dead": None}
            for label in self.labels
        ]
        return [record | row for record, row in zip(known, self._list_rows(), strict=True)]

    def _list_rows(self) -> Iterator[dict[str, Any]]:
        return (
            dict(zip(self.figures, row, strict=True))
            for row in zip(*self.figures.values(), strict=True)
        )

    @property
    def columns(self) -> Figures:
        """The figures as a table shows them: those that are a number each."""
        return {name: values for name, values in self.figures.items() if values.ndim == 1}

    @property
    def notes(self) -> list[str]:
        """What else there is to say, a line each."""
        return []

    @property
    def stored(self) -> Array:
        """The values as files hold them."""
        return self.values

    def arrange(self) -> Self:
        """Return them in the order in which people are shown them."""
        return self

    def select(self, filters: Sequence[int] | None) -> Self:
        """Return what was found of these filters, in this order; of all for None.

        Raises UsageError for a filter that there is not.
        """
        if filters is None:
            return self
        check_filters(filters, len(self.values), self.layer)
        rows = list(filters)
        return replace(
            self,
            labels=tuple(self.labels[row] for row in rows),
            values=self.values[rows],
            figures={name: values[rows] for name, values in self.figures.items()},
        )


class FilterFindings(Findings):
    """Filters (n, channels, rows, columns), shown around zero."""

    color: bool = False  # whether their channels are red, green and blue

    @property
    def columns(self) -> Figures:
        """The figures without those that the words tell, which come last."""
        figures = {name: self.figures[name] for name in self.figures if name not in TOLD}
        return {**figures, "words": self.figures["words"]}


class MapFindings(Findings):
    """Maps (n, height, width) of a sample, shown beside it, the largest maximum first."""

    output_shape: Shape  # of the layer
    centers: tuple[Places, Places]  # pixels of the sample that rows and columns of a map look at
    chosen: bool = False  # whether users said which maps, and in which order

    def arrange(self) -> Self:
        """Return the maps in the order to be shown in; rows and units stay as they are."""
        if self.chosen or self.values.shape[1] == 1:
            return self
        return self.select(np.argsort(-self.figures["max"], kind="stable").tolist())

    @property
    def stored(self) -> Array:
        """The maps in the shape of the layer's output, channels last, as `predict` gives them."""
        return self.values.transpose(1, 2, 0).reshape(*self.output_shape[:-1], len(self.values))


class TargetFindings(Findings):
    """Something for each of n targets: outputs of the network, or filters."""

    def list_records(self) -> list[dict[str, Any]]:
        """Return what is known for each target, by name."""
        return [
            {"target": label, **row}
            for label, row in zip(self.labels, self._list_rows(), strict=True)
        ]


class AttributionFindings(TargetFindings):
    """Maps (n, height, width) over a sample: how much each pixel counts for what is explained.

    They have the size of the sample; a signal is a single row.
    """

    method: str  # its name
    signed: bool  # whether a value below zero speaks against what is explained

    noun: ClassVar = "maps"

    @property
    def notes(self) -> list[str]:
        """Say which maps are zero everywhere."""
        return [
            f"the map of {target} is zero everywhere: no part of the sample counts for it"
            for target in self.list_zero_maps()
        ]

    def list_zero_maps(self) -> list[str]:
        """Return the targets whose maps are zero everywhere: nothing counts for them."""
        return [
            label for label, map_ in zip(self.labels, self.values, strict=True) if not map_.any()
        ]


class PatchFindings(Findings):
    """Patches (n, M, height, width, channels) of a data set, M for each of n filters.

    The strongest comes first, in the figures too: its `activations` (n, M), its `paths`, `at` which
    row and column of the map, its `field` in the sample, and its `deconvolutions`, of the shape of
    the patches: what in it excites the filter.
    """

    inside: NDArray[np.bool_]  # (n, M, height, width) what of a patch lies in its sample, if any
    samples: int  # that were looked at

    def list_records(self) -> list[dict[str, Any]]:
        """Return what is known of each filter and of its patches, by name."""
        names = {"path": "paths", "activation": "activations", "at": "at", "field": "field"}
        return [
            {
                "name": f"{self.layer}:{label}",
                "index": int(label),
                **{name: values[row] for name, values in self.columns.items()},
                "patches": [
                    {name: self.figures[figure][row, place] for name, figure in names.items()}
                    for place in self.inside[row].any(axis=(1, 2)).nonzero()[0]
                ],
            }
            for row, label in enumerate(self.labels)
        ]


class InputFindings(TargetFindings):
    """Inputs (n, height, width, channels), each made to excite a filter, a class or a layer.

    Levels (uint8) of images, or a row of values (float32) of signals. `field` (n, 4) is the part
    that counts. `answer` is the class the network gives each, where it was made for one.
    """

    noun: ClassVar = "inputs"

    @property
    def notes(self) -> list[str]:
        """Say which inputs get another class than the one they were made for."""
        return [
            f"the network takes what was made for {label} for {answer}"
            for label, answer in zip(self.labels, self.figures.get("answer", ()), strict=False)
            if label != answer
        ]


class ShiftFindings(Findings):
    """What happens in n layers, the logits last, when a sample is moved by 0, 1, 2, … pixels.

    `values` (n, 2, distances): how many pixels their maps have moved, NaN where they have a single
    column, and how much they are still as they were (the cosine).
    """

    output: str  # the output that the answer is about
    answers: Array  # (distances,) its logit, where every pixel has one their mean
    largest: tuple[str, ...]  # the output with the largest logit at each distance

    noun: ClassVar = "layers"

    def list_records(self) -> list[dict[str, Any]]:
        """Return the curves of each layer by name, and what becomes of the answer."""
        records = [
            {"layer": label, "moved": moved, "same": same}
            for label, (moved, same) in zip(self.labels, self.values, strict=True)
        ]
        records[-1] |= {"output": self.output, "logit": self.answers, "largest": self.largest}
        return records


class ScoreFindings(Findings):
    """How good a map is: two curves, the probability of an output while pixels change by the map.

    `values` (2, S + 1) are deletion, where a small area is good, and insertion, where a large one
    is, at `fractions` (2, S + 1) of the pixels. The figures tell the areas, and have the curves of
    M random `orders` (2, M, S + 1), too. `layer` is what the map was made of.
    """

    method: str  # its name
    output: str  # the class or label whose probability it is

    noun: ClassVar = "curves"

    def list_records(self) -> list[dict[str, Any]]:
        """Return both curves by name, and those of the random orders."""
        rows = zip(self.labels, self._list_rows(), self.values, strict=True)
        return [{"name": label, **row, "curve": curve} for label, row, curve in rows]


class Method(Named):
    """A way of looking into a trained network; the fields of a subclass are its settings.

    The docstring of a subclass begins with a sentence for users, its source in parentheses.

    >>> class GradCam(Method, name="gradcam"): ...
    """

    registry: ClassVar[Registry[Any]] = METHODS
    needs: ClassVar[frozenset[str]] = frozenset()  # image or data: without it nothing can be found
    takes: ClassVar[frozenset[str]] = frozenset()  # what else it has a use for: see `check`

    def check(self, given: Collection[str]) -> None:
        """Raise UsageError where what is needed lacks in `given`, or more is given than taken.

        `given` are some of image, data, layer, filter, class, sort, overlay and score.
        """
        for name in sorted(self.needs - set(given)):
            what = {"image": "an image", "data": "a data set"}[name]
            raise UsageError(
                f"{setting('method')} {self.name} needs {what}; give one with {setting(name)}"
            )
        for name in sorted(set(given) - self.needs - self.takes):
            raise UsageError(
                f"{setting(name)} is not for {setting('method')} {self.name}; leave it out"
            )

    def find(self, trained: Trained, subject: Subject) -> Findings:
        """Return what there is to be found; what the subject leaves open the method chooses.

        Raises UsageError for a network or a layer that the method has no use for, and for a layer,
        a filter or a class that there is not.
        """
        raise NotImplementedError


def check_filters(filters: Sequence[int], count: int, layer: str) -> None:
    """Raise UsageError where a layer of `count` filters has none of these numbers."""
    for number in filters:
        if number >= count:
            raise UsageError(
                f"{setting('filter')} {number}: {layer} has {count} filters; give 0 to {count - 1}"
            )


def number_labels(count: int) -> tuple[str, ...]:
    """Return the labels of all filters of a layer."""
    return tuple(map(str, range(count)))
