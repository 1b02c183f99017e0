"""What the filters of a layer look for, by the samples of a data set that excite them most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.allowance import word_bytes
from cnncli.data.batches.stream import stream
from cnncli.errors import CnncliError, DataError
from cnncli.errors import setting as name_setting
from cnncli.graph import Node
from cnncli.graph.receptive_field import find_fields
from cnncli.inspection.base import Method, PatchFindings, Subject, check_filters, number_labels
from cnncli.inspection.excitation import Excitation
from cnncli.inspection.figures import Array
from cnncli.inspection.layer_choice import choose_layer, find_activation, list_filter_layers
from cnncli.inspection.strongest import Named, Strongest
from cnncli.layers.base import image_shape, volume
from cnncli.memory import measure_available_memory
from cnncli.settings import COUNT, setting
from cnncli.tasks.base import NOT_FINITE
from cnncli.trained.answers import are_finite

if TYPE_CHECKING:
    from cnncli.trained.model import Trained


class TopPatches(Method, name="top-patches"):
    """The patches of a data set that excite a filter most (Zeiler, Fergus 2014, arXiv:1311.2901).

    Each comes with its deconvolution: what in it excites the filter. A sample gives a filter one
    patch: all that it sees where it is excited most. Filters are looked at behind their activation;
    where that is zero there is no patch.
    """

    patches: int = setting(COUNT, 9)

    needs: ClassVar = frozenset({"data"})
    takes: ClassVar = frozenset({"layer", "filter"})

    def find(self, trained: Trained, subject: Subject) -> PatchFindings:
        """Return the patches of a layer, of the first that has filters without a name.

        Raises DataError where nothing of the data can be used.
        """
        graph = trained.graph
        among = list_filter_layers(graph) if subject.layer is None else graph.nodes
        node = find_activation(graph, choose_layer(subject.layer, among, "filters"))
        labels = number_labels(image_shape(node.output_shape)[2])
        if subject.filters is not None:
            check_filters(subject.filters, len(labels), node.name)
            labels = tuple(map(str, subject.filters))
        filters = np.array(labels, np.int64)
        strongest = Strongest(len(filters), self.patches)
        for samples, maps in _run(trained, node, subject):
            strongest.add(maps if subject.filters is None else maps[..., filters], samples)
        return _cut_patches(trained, node, labels, strongest)


def _run(trained: Trained, node: Node, subject: Subject) -> Iterator[tuple[list[Named], Array]]:
    """Yield samples with their names, and their maps (N, P, Q, K), batch by batch.

    What cannot be read, or gets an answer that is not finite, is reported to the watcher; raises
    the first DataError where it is all.
    """
    assert subject.data is not None
    excitation, threads = Excitation(trained, node), trained.threads
    preprocessing = trained.preprocessing.at_one_size()
    broken: list[DataError] = []  # not reported yet
    count = 0
    for items in stream(
        [subject.data], preprocessing, batch_size=excitation.batch, threads=threads
    ):
        broken += [item.error for item in items if item.error is not None]
        samples = [(item.name, item.values) for item in items if item.values is not None]
        if samples:
            maps = excitation.run([values for _, values in samples])
            finite = np.array([are_finite(map_) for map_ in maps])
            for row in np.nonzero(~finite)[0]:
                name = samples[row][0]
                broken.append(DataError(NOT_FINITE, path=name, place=name))
            samples = [samples[row] for row in np.nonzero(finite)[0]]
            yield samples, maps if finite.all() else maps[finite]
        count += len(samples)
        if count:
            for error in broken:
                subject.watcher.report(error)
            broken.clear()
            subject.watcher.count(count)
    if not count:
        raise broken[0]


def _cut_patches(
    trained: Trained, node: Node, labels: tuple[str, ...], strongest: Strongest
) -> PatchFindings:
    """Return the patches that were found, with their deconvolutions."""
    activations, at = strongest.activations, strongest.at
    exists = np.isfinite(activations) & (activations != 0)
    fields = np.zeros((*exists.shape, 4), np.int64)
    fields[exists] = find_fields(trained.graph, trained.graph.nodes.index(node), at[exists])
    sides = (fields[..., 2:] - fields[..., :2]).max(axis=(0, 1))
    height, width, channels = image_shape(trained.graph.input_shape)
    size = (max(1, int(sides[0])), max(1, int(sides[1])))
    shape = (*exists.shape, *size, channels)
    _check_memory(node, shape)
    patches = np.zeros(shape, trained.preprocessing.dtype)
    deconvolutions = np.zeros(shape, np.float32)
    inside = np.zeros(shape[:4], bool)
    paths = np.full(exists.shape, "", object)
    excitation = Excitation(trained, node, "deconv")
    filters = np.array(labels, np.int64)
    winners = np.argwhere(exists)
    for start in range(0, len(winners), excitation.batch):
        rows, places = winners[start : start + excitation.batch].T
        named = [strongest.kept[number] for number in strongest.samples[rows, places].tolist()]
        samples = [values for _, values in named]
        gradients = excitation.deconvolve(samples, at[rows, places], filters[rows])
        for row, place, (name, values), gradient in zip(
            rows, places, named, gradients, strict=True
        ):
            source, target = _locate(fields[row, place], (height, width), size)
            patches[row, place][target] = values.reshape(height, width, channels)[source]
            deconvolutions[row, place][target] = gradient[source]
            inside[row, place][target] = True
            paths[row, place] = name
    figures = {
        "max": np.where(exists[:, 0], activations[:, 0], np.float32(0)),
        "dead": ~exists.any(axis=1),
        "activations": np.where(exists, activations, np.float32(np.nan)),
        "paths": paths.astype(str),
        "at": at,
        "field": fields,
        "deconvolutions": deconvolutions,
    }
    return PatchFindings(node.name, labels, patches, figures, inside, strongest.count)


def _locate(
    field: NDArray[np.int64], image: tuple[int, int], size: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return where a field lies in its image, and where in a patch of this size.

    What it lacks of the size is beyond a border: the first, if it begins there.
    """
    source, target = [], []
    for axis in (0, 1):
        start, stop = int(field[axis]), int(field[axis + 2])
        first = size[axis] - (stop - start) if start == 0 and stop < image[axis] else 0
        source.append(slice(start, stop))
        target.append(slice(first, first + stop - start))
    return (source[0], source[1]), (target[0], target[1])


def _check_memory(node: Node, shape: tuple[int, ...]) -> None:
    """Raise CnncliError where patches and deconvolutions would not fit into the memory."""
    needed, room = 6 * volume(shape), measure_available_memory()  # 1 byte, 4 bytes and what is left
    if needed > room:
        raise CnncliError(
            f"{node.name}: the patches of {shape[0]} filters take {word_bytes(needed)} of memory, "
            f"and there are {word_bytes(room)}; choose some of them with {name_setting('filter')}"
        )
