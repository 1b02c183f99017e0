"""What excites a filter, a layer or a class: an input made by gradient ascent."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnncli.errors import UsageError
from cnncli.errors import setting as name_setting
from cnncli.graph import Graph, Node
from cnncli.graph.receptive_field import Box, find_field
from cnncli.inspection.ascent import Ascent, Climb
from cnncli.inspection.base import InputFindings, Method, Subject, check_filters
from cnncli.inspection.figures import Array
from cnncli.inspection.layer_choice import choose_layer, find_activation, list_filter_layers
from cnncli.inspection.objective import Channels, ClassObjective, LayerObjective, Objective
from cnncli.layers.base import image_shape
from cnncli.settings import COUNT, INDEX, SHARE, SWITCH, between, setting
from cnncli.tasks import Classification, Segmentation
from cnncli.tasks.metrics import probabilities
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.trained.model import Trained

SURE = 0.9  # of a class


class Maximize(Method, name="maximize"):
    """An input made to excite a filter, class or layer (Yosinski et al. 2015, arXiv:1506.06579).

    A filter is its sum in the middle of its map, ahead of the activation; a class is its logit,
    where each pixel has one in the middle; and with `whole` a layer is the L2 norm of its maps.

    From faint noise it follows the gradient; each step draws it back to where it began by `decay`.
    In the first three quarters of the steps it is moved by up to `jitter` pixels, turned by up to
    `rotate` degrees and scaled by up to a factor of 1 + `scale`, at random, and blurred after every
    `blur` steps, 0 being never. `variation` is how much it is smoothed by the gradient of its total
    variation (arXiv:1412.0035). With `fourier` each frequency moves by its gradient over the
    frequency, so that it does not fill with fine patterns (Olah, Mordvintsev and Schubert 2017,
    doi:10.23915/distill.00007).

    Where it ends need not be the most there is. It starts from gray; for a class from the mean of
    the training images and, where the class gets less than nine tenths, from black and from gray,
    too: what makes the network surest is kept. Signals start from what their normalization makes
    zero, and are kept to the range it brings them to.
    """

    steps: int = setting(COUNT, 128)
    decay: float = setting(SHARE, 0.04)
    jitter: int = setting(INDEX, 2)
    rotate: float = setting(between(0, 180), 8)
    scale: float = setting(SHARE, 0.1)
    blur: int = setting(INDEX, 0)
    variation: float = setting(between(0, 10), 0)
    fourier: bool = setting(SWITCH, True)
    whole: bool = setting(SWITCH, False)

    takes: ClassVar = frozenset({"layer", "filter", "class"})

    def find(self, trained: Trained, subject: Subject) -> InputFindings:
        """Return an input for a class, for a layer, or for each filter of one: of the first.

        The filters of the last layer are the outputs. Raises UsageError for what there is not,
        DataError where answers are not finite.
        """
        aim = self._choose_aim(trained, subject)
        box = _find_field(trained.graph, aim)
        climb = Climb(**{field.name: getattr(self, field.name) for field in fields(Climb)})
        ascent = Ascent(trained, aim.node, aim.objective, climb, box)
        parts = [
            _make_inputs(ascent, np.array(aim.channels[start : start + ascent.batch], np.int64))
            for start in range(0, len(aim.channels), ascent.batch)
        ]
        inputs, activations, middles = (
            np.concatenate(arrays) for arrays in zip(*parts, strict=True)
        )
        figures = {"activation": activations, "field": np.array([box] * len(inputs))}
        if isinstance(aim.objective, ClassObjective):
            figures["probability"] = probabilities(middles)[range(len(inputs)), aim.channels]
            figures["answer"] = np.array(trained.task.outputs)[middles.argmax(axis=1)]
        return InputFindings(aim.node.name, aim.labels, inputs, figures)

    def _choose_aim(self, trained: Trained, subject: Subject) -> _Aim:
        """Return what is to be excited; raise UsageError for several things, and for nothing."""
        self._check_alone(subject)
        graph, outputs = trained.graph, trained.task.outputs
        last = _find_logits(graph)
        if subject.output is not None:
            number = trained.find_output(subject.output)
            return _Aim(last, _aim_at_output(trained, last), (number,), (outputs[number],))
        node = choose_layer(subject.layer, list_filter_layers(graph), "filters")
        if self.whole:
            node = find_activation(graph, node)
            return _Aim(node, LayerObjective(image_shape(node.output_shape)), (0,), ("all",))
        shape = image_shape(node.output_shape)
        filters = tuple(range(shape[2])) if subject.filters is None else subject.filters
        check_filters(filters, shape[2], node.name)
        if node is last:
            labels = tuple(outputs[number] for number in filters)
            return _Aim(node, _aim_at_output(trained, node), filters, labels)
        return _Aim(node, Objective(shape), filters, tuple(map(str, filters)))

    def _check_alone(self, subject: Subject) -> None:
        asked = {
            name_setting("class"): subject.output is not None,
            name_setting("layer"): subject.layer is not None and not self.whole,
            name_setting("filter"): subject.filters is not None,
            "whole=yes": self.whole,
        }
        names = [name for name, given in asked.items() if given]
        if len(names) > 1 and names[:2] != [name_setting("layer"), name_setting("filter")]:
            raise UsageError(
                f"{' and '.join(names[:2])} both say what is to be excited; leave one out"
            )


class _Aim(Value):
    """What of which layer is to be excited, by an input for each of some channels."""

    node: Node
    objective: Objective
    channels: tuple[int, ...]
    labels: tuple[str, ...]


def _aim_at_output(trained: Trained, node: Node) -> Objective:
    exclusive = isinstance(trained.task, Classification | Segmentation)
    return (ClassObjective if exclusive else Objective)(image_shape(node.output_shape))


def _find_logits(graph: Graph) -> Node:
    """Return the layer whose output is the logits: what is ahead of a softmax at the end."""
    node = graph.nodes[graph.output]
    return graph.nodes[node.inputs[0]] if node.layer.family == "softmax" else node


def _find_field(graph: Graph, aim: _Aim) -> Box:
    """Return the part of the input that counts: all of it where nothing less is known."""
    height, width, _ = image_shape(graph.input_shape)
    if isinstance(aim.objective, LayerObjective):
        return 0, 0, height, width
    _, row, column = aim.objective.locate(1)
    field = find_field(graph, graph.nodes.index(aim.node), (row, column))
    return field if field[0] < field[2] and field[1] < field[3] else (0, 0, height, width)


def _make_inputs(ascent: Ascent, channels: Channels) -> list[NDArray[Any]]:
    """Return inputs (n, H, W, C), what they excite (n,), and the layer's middle (n, K).

    Those that are not sure to be what they were made for are made again from the next start.
    """
    rate = ascent.objective.rate
    first, *others = ascent.starts
    made = _climb(ascent, channels, first)
    for start in others:
        (rows,) = np.nonzero(rate(made[-1], channels) < SURE)
        if not len(rows):
            break
        again = _climb(ascent, channels[rows], start)
        better = rate(again[-1], channels[rows]) > rate(made[-1][rows], channels[rows])
        for kept, new in zip(made, again, strict=True):
            kept[rows[better]] = new[better]
    return made


def _climb(ascent: Ascent, channels: Channels, start: Array) -> list[NDArray[Any]]:
    inputs = ascent.climb(channels, start)
    maps = ascent.answer(inputs)
    middle = ascent.objective.locate(len(maps))
    return [inputs, ascent.objective.measure(maps, channels), maps[middle]]
