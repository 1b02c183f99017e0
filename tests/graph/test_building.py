import math

import pytest

from cnncli.errors import ArchitectureError
from cnncli.graph import INPUT, build_graph
from cnncli.notation import parse


def graph_of(text, shape):
    return build_graph(parse(text), shape)


def shapes_of(text, shape):
    return [node.output_shape for node in graph_of(text, shape).nodes]


@pytest.mark.parametrize(
    ("text", "shape", "output"),
    [
        ("conv(6, 5)", (32, 32, 3), (28, 28, 6)),
        ("maxpool(2)", (4, 4, 1), (2, 2, 1)),
        ("maxpool(2)", (224, 224, 64), (112, 112, 64)),
        ("conv(2, 3)", (6, 6, 3), (4, 4, 2)),
        ("conv(1, 2)", (10, 10, 1), (9, 9, 1)),
        ("conv(1, 3)", (7, 7, 1), (5, 5, 1)),
        ("conv(1, 3, stride=2)", (7, 7, 1), (3, 3, 1)),
        ("conv(8, 3, stride=2, pad=same)", (7, 10, 1), (4, 5, 8)),
        ("conv(4, 3x5)", (9, 9, 1), (7, 5, 4)),
        ("conv(4, 3, pad=causal)", (100, 2), (100, 4)),
        ("deconv(4, 2, 2)", (5, 6, 8), (10, 12, 4)),
        ("upsample(2)", (5, 6, 8), (10, 12, 8)),
        ("dense(7)", (5, 6, 8), (7,)),
        ("id", (5, 6, 8), (5, 6, 8)),
    ],
)
def test_a_network_has_the_output_size_the_books_give(text, shape, output):
    assert graph_of(text, shape).output_shape == output


def test_strided_convolutions_halve_step_by_step():
    text = "conv(16, 3, 2, 1) >> conv(64, 3, 2, 1) >> conv(128, 3, 2, 1) >> global_avgpool"
    assert shapes_of(text, (64, 64, 3)) == [
        (32, 32, 16),
        (16, 16, 64),
        (8, 8, 128),
        (1, 1, 128),
    ]


def test_names_count_each_kind_in_order():
    graph = graph_of("2 * (conv(4, 1) >> relu) >> conv(4, 1) + id", (8, 8, 4))
    names = [node.name for node in graph.nodes]
    assert names == ["conv1", "relu1", "conv2", "relu2", "conv3", "add1"]


def test_branches_start_from_the_same_input_and_end_in_a_junction():
    graph = graph_of("relu >> (tanh + id + elu)", (8,))
    assert [node.inputs for node in graph.nodes] == [(INPUT,), (0,), (0,), (1, 0, 2)]
    assert graph.nodes[-1].name == "add1"
    assert graph.output == 3


def test_a_network_may_be_nothing_but_its_input():
    graph = graph_of("id", (8, 8, 3))
    assert (graph.nodes, graph.output, graph.classes) == ((), INPUT, 3)


def test_stacked_channels_are_counted_together():
    assert graph_of("id | conv(5, 3, pad=1) | id", (8, 8, 3)).output_shape == (8, 8, 11)


def test_what_is_learned_and_what_is_kept_are_counted_apart():
    graph = graph_of("conv(16, 3, bias=no) >> bn >> dense(10)", (8, 8, 3))
    conv, bn, dense = 16 * 3 * 3 * 3, 2 * 16, 10 * (6 * 6 * 16 + 1)
    assert [node.params for node in graph.nodes] == [conv, bn, dense]
    assert graph.params == conv + bn + dense
    assert graph.stored == graph.params + 2 * 16


def test_a_repeated_part_has_weights_of_its_own_each_time():
    assert graph_of("3 * dense(8)", (8,)).params == 3 * (8 * 8 + 8)


def test_only_convolutions_and_dense_layers_cost():
    graph = graph_of("conv(6, 5) >> bn >> relu >> maxpool >> dense(10)", (32, 32, 3))
    assert [node.macs for node in graph.nodes] == [28 * 28 * 6 * 75, 0, 0, 0, 10 * 14 * 14 * 6]
    assert graph.macs == sum(node.macs for node in graph.nodes)


def test_grouped_convolutions_cost_their_share():
    whole, grouped = (graph_of(f"conv(8, 3, groups={n}, bias=no)", (9, 9, 4)) for n in (1, 4))
    assert (grouped.params, grouped.macs) == (whole.params // 4, whole.macs // 4)
    depthwise = graph_of("depthwise(3, bias=no)", (9, 9, 4))
    assert (depthwise.params, depthwise.macs) == (4 * 9, 7 * 7 * 4 * 9)


@pytest.mark.parametrize(
    ("text", "shape", "lost"),
    [
        ("maxpool(3, 3)", (7, 7, 1), (1, 1)),
        ("conv(1, 3, stride=3)", (7, 9, 1), (1, 0)),
        ("conv(1, 3, stride=3, pad=1)", (7, 7, 1), (0, 0)),
        ("conv(1, 1, stride=2)", (8, 8, 1), (4, 4)),
        ("conv(1, 3, pad=1)", (7, 7, 1), (0, 0)),
    ],
)
def test_rows_and_columns_that_no_window_reaches_are_counted(text, shape, lost):
    assert graph_of(text, shape).nodes[0].lost == lost


def test_the_text_of_a_graph_builds_the_same_graph():
    graph = graph_of(
        "block(n) = conv(n, 3, pad=1) + id >> relu\n2 * block(3) >> dense(4)", (8, 8, 3)
    )
    assert graph_of(graph.text, graph.input_shape) == graph


def test_a_layer_that_does_not_fit_is_named_by_place_and_text():
    with pytest.raises(ArchitectureError) as caught:
        graph_of("conv(4, 3) >> relu >> maxpool >> maxpool(5)", (10, 20, 1))
    message = (
        "layer 4 maxpool(5): its window is larger than its 4x9 input; use a size of 4 or pad=1"
    )
    assert str(caught.value) == message


@pytest.mark.parametrize("operator", ["+", "*"])
def test_branches_that_differ_are_named_with_both_sizes(operator):
    with pytest.raises(ArchitectureError, match=r"layer 2 \w+: .*6x6x4 and 8x8x4"):
        graph_of(f"conv(4, 3) {operator} id", (8, 8, 4))


def test_branches_of_other_sizes_do_not_stack():
    with pytest.raises(ArchitectureError, match=r"layer 2 stack: .*6x6x4 and 8x8x4"):
        graph_of("conv(4, 3) | id", (8, 8, 4))


def test_five_thousand_layers_are_laid_out():
    assert len(graph_of("5000 * relu", (1,)).nodes) == 5000


def test_sizes_are_the_ones_that_sliding_a_window_by_hand_gives():
    for length in range(1, 12):
        for size in range(1, length + 1):
            for stride in range(1, 5):
                starts = [p for p in range(0, length, stride) if p + size <= length]
                reached = {p + k for p in starts for k in range(size)}
                (node,) = graph_of(f"maxpool({size}, {stride})", (length, 12, 1)).nodes
                assert node.output_shape[0] == len(starts)
                assert node.lost[0] == length - len(reached)
                assert math.prod(node.output_shape) > 0


@pytest.mark.parametrize("text", ["20 * upsample(999999)", "2400 * (conv(9, 1, 7, 9) >> upsample)"])
def test_a_network_beyond_any_memory_is_refused_at_once(text):
    with pytest.raises(ArchitectureError, match=r"layer \d+ .* is beyond any memory"):
        graph_of(text, (8, 8, 4))
