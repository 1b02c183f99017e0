import numpy as np

from cnncli.inspection.place import Area
from cnncli.views.neuron import describe_area, describe_neuron


def test_patch_weights_and_products_stand_side_by_side(make_neuron):
    lines = describe_neuron(make_neuron([[[0, 0], [1, 2]]], [[[3, -1], [-0.5, 1]]]), 80)
    assert lines == [
        "sees      row 0, columns 0 to 1 of the input",
        "",
        "channel 0 sums to 1.5",
        "      0     1   x weights        = products",
        "-  0.00  0.00      3.00  -1.00      0.00  0.00",
        "0  1.00  2.00     -0.50   1.00     -0.50  2.00",
        "",
        "sum       1.5 of 4 products",
        "bias      0.5",
        "output    2",
        "relu1     2",
        "feeds     conv2 at rows 0 to 1, column 1",
    ]


def test_where_there_is_no_room_they_stand_one_below_the_other(make_neuron):
    lines = describe_neuron(make_neuron([[[0, 0], [1, 2]]], [[[3, -1], [-0.5, 1]]]), 30)
    assert lines[3:7] == ["      0     1", "-  0.00  0.00", "0  1.00  2.00", "x weights"]


def test_of_many_channels_those_that_matter_most_are_shown_in_order(make_neuron):
    patch = np.ones((5, 1, 2))
    weights = np.array([1, -4, 2, 0.25, 3]).reshape(5, 1, 1) * patch
    lines = describe_neuron(make_neuron(patch, weights), 80)
    assert [line for line in lines if "channel" in line] == [
        "channel 1 sums to -8",
        "channel 2 sums to 4",
        "channel 4 sums to 6",
        "2 other channels sum to 2.5",
    ]


def test_of_a_large_window_the_largest_products_are_listed(make_neuron):
    weights = np.arange(16.0).reshape(1, 1, 16)
    lines = describe_neuron(make_neuron(weights, weights), 80)
    assert lines[2:5] == [
        "    column  input  weight  product",
        " 0      15     15      15      225",
        " 1      14     14      14      196",
    ]
    assert "4 smaller products sum to 14" in lines


def test_a_last_neuron_without_a_bias_tells_its_class(make_neuron):
    lines = describe_neuron(make_neuron([[[1]]], [[[1]]], bias=None, feeds=(), answers="cat"), 80)
    assert not any(line.startswith("bias") for line in lines)
    assert lines[-1] == "feeds     the answer for cat"


def test_an_area_is_told_by_the_axes_it_has():
    assert describe_area(Area(range(1), range(4, 9), 2)) == "row 0, columns 4 to 8"
    assert describe_area(Area(range(1), range(4, 9), 1)) == "positions 4 to 8"
    assert describe_area(Area(range(1), range(1), 0)) == ""
    assert describe_area(Area(range(0), range(4), 2)) == "no place"
