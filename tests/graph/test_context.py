"""The context of a pixel, against networks whose numbers are known and by moving pixels about."""

import numpy as np
import pytest

from cnncli.engine import Plan, Weights
from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.graph.context import Context, measure_context
from cnncli.layers.base import Setup
from cnncli.notation import parse

NETWORKS = [
    "conv(2, 3, pad=1)",
    "conv(2, 3, pad=2, dilation=2) >> relu >> conv(2, 5x1, pad=2x0)",
    "conv(3, 2, pad=same) >> conv(2, 2, pad=same) >> conv(2, 4, pad=same)",
    "id | (maxpool(2) >> conv(3, 3, pad=1) >> deconv(2, 2, 2))",
    "conv(3, 3, 2, same) >> conv(2, 3, pad=1) >> upsample(2) >> conv(2, 3, pad=1)",
    "avgpool(3, 3) >> deconv(2, 5, 3, 1)",
    "conv(4, 3, 2, 1) >> deconv(3, 4, 2, 1) >> depthwise(3, pad=1)",
    "maxpool(2) >> avgpool(2) >> conv(2, 1) >> upsample(4)",
    "conv(4, 3, pad=2) >> shuffle(2) >> crop(0, 2) >> avgpool(3, 1, same, include_pad=no)",
    "zeropad(3, 1) >> conv(2, 3) >> conv(2, 2, pad=1) >> crop(2, 1)",
    "maxpool(2) >> conv(2, 3, pad=1) >> upsample(2, linear) >> conv(2, 3, pad=1)",
    "(maxpool(3) >> upsample(3, cubic)) + (maxpool(4) >> upsample(4, linear, starts))",
]


def context(text, shape=(48, 48, 1)):
    return measure_context(build_graph(parse(text), shape))


def test_the_context_of_a_window_is_what_it_reaches_around_its_pixel():
    assert context("conv(2, 3, pad=1)") == Context((1, 1), (1, 1), (1, 1))
    assert context("conv(2, 4, pad=same)") == Context((1, 1), (2, 2), (1, 1))
    assert context("conv(2, 5x3, pad=2x1)") == Context((2, 1), (2, 1), (1, 1))


def test_the_stride_is_that_of_the_lowest_level():
    down = "maxpool(2) >> conv(2, 3, 2, 1) >> upsample(4)"
    assert context(down).stride == (4, 4)
    assert context("id | (" + down + ")").stride == (4, 4)


@pytest.mark.parametrize("text", NETWORKS)
def test_no_pixel_beyond_the_context_changes_an_answer(text):
    graph = build_graph(parse(text), (48, 48, 1))
    found = measure_context(graph)
    weights = Weights(graph)
    weights.initialize(seed=1)
    plan = Plan(graph, weights, Setup(1))
    image = np.random.default_rng(0).standard_normal((48, 48, 1)).astype(np.float32)

    def answers(pixels):
        plan.input[0] = pixels
        plan.forward(1)
        return plan.output[0].copy()

    before = answers(image)
    for axis in (0, 1):
        for place in range(20, 28):
            moved = image.copy()
            moved.swapaxes(0, axis)[place] += 1
            changed = np.abs(answers(moved) - before).max(2).max(1 - axis) > 1e-6
            allowed = np.arange(48)
            allowed = (allowed - found.before[axis] <= place) & (
                place <= allowed + found.after[axis]
            )
            assert not (changed & ~allowed).any()


@pytest.mark.parametrize("gate", ["id * (global_avgpool >> conv(4, 1))", "instance_norm"])
def test_a_network_may_see_the_whole_image_if_it_takes_other_sizes(gate):
    assert context(f"conv(4, 3, 2, 1) >> {gate} >> deconv(2, 2, 2)") == Context(
        (0, 0), (0, 0), (2, 2), everything=True
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conv(2, 3)", "output of the network is 46x46x2, not 48x48xclasses"),
        ("maxpool >> conv(2, 1)", "end it with conv"),
        ("dense(2)", "output of the network is 2, not"),
        ("(global_avgpool >> upsample(48)) | id", "sees the whole image at once"),
    ],
)
def test_a_network_that_does_not_answer_pixel_by_pixel_is_refused(text, message):
    with pytest.raises(ArchitectureError, match=message):
        context(text)
