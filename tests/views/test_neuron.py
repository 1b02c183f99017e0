import numpy as np

from cnncli.inspection.neuron import Neuron, Reader, Window
from cnncli.inspection.place import Area, Place
from cnncli.views.neuron import describe_area, describe_neuron


def neuron(patch, weights, **changes):
    """A neuron of a filter (C, R, S) whose window begins a row above the image."""
    channels, rows, columns = (tuple(range(size)) for size in np.shape(weights))
    window = Window(
        channels,
        tuple(row - 1 for row in rows),
        columns,
        np.array(patch, np.float32),
        np.array(weights, np.float32),
    )
    values = {
        "layer": "conv1",
        "text": "conv(4, 2)",
        "place": Place(3, 0, 1),
        "axes": 2,
        "field": Area(range(1), range(2), 2),
        "window": window,
        "bias": 0.5,
        "output": 2.0,
        "activation": {"relu1": 2.0},
        "feeds": (Reader("conv2", Area(range(2), range(1, 2), 2)),),
        "answers": None,
    }
    return Neuron(**{**values, **changes})


def test_patch_weights_and_products_stand_side_by_side():
    lines = describe_neuron(neuron([[[0, 0], [1, 2]]], [[[3, -1], [-0.5, 1]]]), 80)
    assert lines == [
        "sees      row 0, columns 0 to 1 of the input",
        "",
        "channel 0, whose products sum to 1.5",
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


def test_where_there_is_no_room_they_stand_one_below_the_other():
    lines = describe_neuron(neuron([[[0, 0], [1, 2]]], [[[3, -1], [-0.5, 1]]]), 30)
    assert lines[3:7] == ["      0     1", "-  0.00  0.00", "0  1.00  2.00", "x weights"]


def test_of_many_channels_those_that_matter_most_are_shown_in_order():
    patch = np.ones((5, 1, 2))
    weights = np.array([1, -4, 2, 0.25, 3]).reshape(5, 1, 1) * patch
    lines = describe_neuron(neuron(patch, weights), 80)
    assert [line for line in lines if "channel" in line] == [
        "channel 1, whose products sum to -8",
        "channel 2, whose products sum to 4",
        "channel 4, whose products sum to 6",
        "2 other channels, whose products sum to 2.5",
    ]


def test_of_a_large_window_the_largest_products_are_listed():
    weights = np.arange(16.0).reshape(1, 1, 16)
    lines = describe_neuron(neuron(weights, weights), 80)
    assert lines[2:5] == [
        "    column  input  weight  product",
        " 0      15     15      15      225",
        " 1      14     14      14      196",
    ]
    assert "4 smaller products, which sum to 14" in lines


def test_a_last_neuron_without_a_bias_tells_its_class():
    lines = describe_neuron(neuron([[[1]]], [[[1]]], bias=None, feeds=(), answers="cat"), 80)
    assert not any(line.startswith("bias") for line in lines)
    assert lines[-1] == "feeds     the answer for cat"


def test_an_area_is_told_by_the_axes_it_has():
    assert describe_area(Area(range(1), range(4, 9), 2)) == "row 0, columns 4 to 8"
    assert describe_area(Area(range(1), range(4, 9), 1)) == "positions 4 to 8"
    assert describe_area(Area(range(1), range(1), 0)) == ""
    assert describe_area(Area(range(0), range(4), 2)) == "no place"
