"""Receptive fields, against the published ones and against networks walked through by hand."""

import pytest

from cnncli import presets
from cnncli.graph import build_graph
from cnncli.graph.receptive_field import find_centers, find_field
from cnncli.notation import parse


def fields(text, shape=(64, 64, 3)):
    nodes = build_graph(parse(text), shape).nodes
    return {node.name: (node.receptive_field[0], node.jump[0]) for node in nodes}


def preset_fields(name):
    preset = presets.get(name)
    return fields(preset.text.replace("classes)", "1000)"), preset.input_shape)


def test_alexnet_sees_what_araujo_et_al_publish():
    seen = preset_fields("alexnet")
    assert seen["conv1"] == (11, 4)
    assert seen["maxpool1"] == (19, 8)
    assert seen["conv2"] == (51, 8)
    assert seen["conv3"] == (99, 16)
    assert seen["conv4"] == (131, 16)
    assert seen["conv5"] == (163, 16)
    assert seen["maxpool3"] == (195, 32)


def test_vgg16_sees_what_araujo_et_al_publish():
    assert preset_fields("vgg16")["maxpool5"] == (212, 32)


def test_resnet50_that_halves_in_its_1x1_convolutions_sees_what_araujo_et_al_publish():
    text = presets.get("resnet50").text.replace("classes)", "1000)")
    first = "conv(n, 1, bias=no) >> bn >> relu >> conv(n, 3, stride, pad=1, bias=no)"
    assert first in text
    moved = text.replace(
        first, "conv(n, 1, stride, bias=no) >> bn >> relu >> conv(n, 3, pad=1, bias=no)"
    )
    assert fields(moved, (224, 224, 3))["add16"] == (483, 32)


def test_residual_networks_see_along_their_longest_branch():
    assert preset_fields("resnet18")["add8"] == (435, 32)
    assert preset_fields("resnet50")["add16"] == (427, 32)


@pytest.mark.parametrize(
    ("text", "field_and_jump"),
    [
        ("conv(1, 3) >> conv(1, 3)", (5, 1)),
        ("conv(1, 3, dilation=2) >> conv(1, 3)", (7, 1)),
        ("conv(1, 3, 2) >> conv(1, 3)", (7, 2)),
        ("maxpool(2) >> maxpool(2) >> relu", (4, 4)),
        ("conv(1, 3, 2) >> upsample(2)", (3, 1)),
        ("maxpool(4) >> deconv(1, 2, 2)", (4, 2)),
        ("conv(1, 3, 2) >> deconv(1, 4, 2)", (5, 1)),
        ("upsample(2) >> conv(1, 3)", (2, 0.5)),
        ("upsample(2) >> conv(1, 2)", (2, 0.5)),  # three halves, rounded up
        ("conv(1, 7, pad=3) + id", (7, 1)),
        ("conv(1, 7, pad=3) | maxpool(3, 1, 1)", (7, 1)),
        ("maxpool(2) >> global_avgpool", (64, 2)),
        ("flatten >> dense(9) >> reshape(3x3x1) >> conv(1, 2)", (64, 1)),
    ],
)
def test_a_field_grows_by_windows_and_jumps(text, field_and_jump):
    assert list(fields(text, (64, 64, 1)).values())[-1] == field_and_jump


def test_rows_and_columns_are_seen_apart():
    node = build_graph(parse("conv(1, 3x5, 1x2)"), (9, 9, 1)).nodes[0]
    assert (node.receptive_field, node.jump) == ((3, 5), (1, 2))


def test_rows_and_columns_follow_a_branch_each_where_branches_meet():
    node = build_graph(parse("conv(1, 1x5, pad=0x2) | conv(1, 3x1, pad=1x0)"), (9, 9, 1)).nodes[-1]
    assert node.receptive_field == (3, 5)


def test_the_largest_jump_counts_where_branches_meet():
    node = build_graph(parse("conv(1, 9x1) | maxpool(2x1)"), (16, 16, 1)).nodes[-1]
    assert node.jump == (2, 1)
    node = build_graph(parse("maxpool(1x2) | conv(1, 1x9)"), (16, 16, 1)).nodes[-1]
    assert node.jump == (1, 2)


def test_one_branch_that_sees_everything_is_enough():
    node = build_graph(parse("(global_avgpool >> upsample(9)) * id"), (9, 9, 1)).nodes[-1]
    assert node.receptive_field == (9, 9)


def test_a_signal_is_one_row():
    first, last = build_graph(parse("conv(4, 5, 2) >> dense(3)"), (100, 2)).nodes
    assert (first.receptive_field, first.jump) == ((1, 5), (1, 2))
    assert last.receptive_field == (1, 100)


@pytest.mark.parametrize(
    ("text", "position", "field"),
    [
        ("conv(1, 3) >> conv(1, 3)", (2, 5), (2, 5, 7, 10)),
        ("conv(1, 3, pad=1) >> conv(1, 3, pad=1)", (0, 63), (0, 61, 3, 64)),
        ("conv(1, 3, 2, pad=1) >> maxpool", (1, 0), (3, 0, 8, 4)),
        ("conv(1, 3, dilation=4)", (1, 2), (1, 2, 10, 11)),
        ("conv(1, 5, pad=2, fill=reflect)", (0, 1), (0, 0, 3, 4)),
        ("maxpool >> upsample", (5, 6), (4, 6, 6, 8)),
        ("maxpool(4) >> deconv(1, 2, 2)", (3, 4), (4, 8, 8, 12)),
        ("(conv(1, 1) | conv(1, 5, pad=2) | id)", (9, 30), (7, 28, 12, 33)),
        ("conv(1, 3) >> dense(5)", (0, 0), (0, 0, 64, 64)),
        ("conv(1, 3) >> global_avgpool", (0, 0), (0, 0, 64, 64)),
    ],
)
def test_a_position_sees_a_box_of_the_input_that_ends_at_its_borders(text, position, field):
    graph = build_graph(parse(text), (64, 64, 3))
    assert find_field(graph, graph.output, position) == field


def test_a_position_between_the_stamps_of_a_deconv_sees_nothing():
    graph = build_graph(parse("deconv(1, 1, 3)"), (4, 4, 1))
    assert find_field(graph, 0, (3, 6)) == (1, 2, 2, 3)
    top, left, bottom, right = find_field(graph, 0, (4, 7))
    assert (bottom - top, right - left) == (0, 0)


def test_a_position_of_a_signal_sees_columns_of_its_only_row():
    graph = build_graph(parse("conv(1, 3, pad=causal, dilation=2) >> maxpool(2)"), (20, 1))
    assert find_field(graph, 1, (0, 4)) == (0, 4, 1, 10)


@pytest.mark.parametrize("text", ["conv(1, 3, 2) >> conv(1, 5, 3)", "maxpool(3, 2) >> conv(1, 3)"])
def test_the_box_of_a_position_far_from_the_borders_is_as_large_as_the_receptive_field(text):
    graph = build_graph(parse(text), (64, 64, 1))
    top, left, bottom, right = find_field(graph, 1, (3, 4))
    assert (bottom - top, right - left) == graph.nodes[1].receptive_field


@pytest.mark.parametrize(
    ("text", "centers"),
    [
        ("conv(1, 3)", [1, 2, 3, 4, 5, 6]),
        ("conv(1, 3, pad=1)", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("conv(1, 5, pad=2, fill=reflect)", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("conv(1, 3, 2, pad=1)", [0, 2, 4, 6]),
        ("maxpool >> maxpool", [1.5, 5.5]),
        (
            "maxpool >> maxpool >> conv(1, 3, pad=1)",
            [1.5, 5.5],
        ),  # every window reaches into padding
        ("maxpool(4) >> deconv(1, 2, 2)", [0.5, 2.5, 4.5, 6.5]),
        ("maxpool >> upsample", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("conv(1, 3, dilation=2) >> relu >> bn", [2, 3, 4, 5]),
        ("conv(1, 3, pad=1) + id", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("(maxpool(4) | conv(1, 3, 4, pad=1))", [0.75, 4.75]),  # between 1.5 and 0
        ("global_avgpool", [3.5]),
        ("conv(1, 3) >> dense(5)", [3.5]),
    ],
)
def test_the_middles_of_fields_are_evenly_spaced(text, centers):
    graph = build_graph(parse(text), (8, 8, 1))
    assert find_centers(graph, graph.output, 0).tolist() == pytest.approx(centers)
    assert find_centers(graph, graph.output, 1).tolist() == pytest.approx(centers)


@pytest.mark.parametrize(
    "text", ["conv(1, 5) >> maxpool >> conv(1, 3)", "conv(1, 3, 2) >> conv(1, 2)"]
)
def test_away_from_the_borders_the_middle_is_that_of_the_box(text):
    graph = build_graph(parse(text), (40, 40, 1))
    left, right = find_field(graph, graph.output, (4, 5))[1::2]
    assert find_centers(graph, graph.output, 1)[5] == (left + right - 1) / 2


def test_the_middles_in_a_signal_go_along_it():
    graph = build_graph(parse("conv(1, 3, pad=causal) >> maxpool(2)"), (8, 1))
    assert find_centers(graph, 1, 1).tolist() == [-0.5, 1.5, 3.5, 5.5]
