import numpy as np

from cnncli.inspection.place import Area
from cnncli.trained.sample import Sample
from cnncli.views.flashlight import make_flashlight


def draw(neuron, values):
    return make_flashlight(neuron, Sample("seven.png", values, np.float32(values)), "on seven.png")


IMAGE = np.zeros((8, 6, 1), np.uint8)


def test_a_small_window_is_drawn_with_its_rows_and_columns(make_neuron):
    patch, weights = [[[0, 0], [1, 2]]], [[[3, -1], [-0.5, 1]]]
    flashlight = draw(make_neuron(patch, weights), IMAGE)
    (panel,) = flashlight.panels
    assert panel.title == "channel 0 sums to 1.5"
    assert (panel.rows, panel.columns) == (["-", "0"], ["0", "1"])
    assert [matrix.tolist() for matrix in panel.matrices] == [
        [[0, 0], [1, 2]],
        [[3, -1], [-0.5, 1]],
        [[0, 0], [-0.5, 2]],
    ]
    assert flashlight.title == "conv1:3,0,1 · conv(4, 2)"
    assert flashlight.frame == (0, 0, 1, 2)
    assert flashlight.steps == (("sum", 1.5), ("bias", 0.5), ("output", 2.0), ("relu1", 2.0))


def test_of_many_channels_the_largest_are_drawn(make_neuron):
    patch = np.ones((5, 1, 2))
    weights = np.array([1, -4, 2, 0.25, 3]).reshape(5, 1, 1) * patch
    flashlight = draw(make_neuron(patch, weights), IMAGE)
    titles = [panel.title for panel in flashlight.panels]
    assert titles == ["channel 1 sums to -8", "channel 2 sums to 4", "channel 4 sums to 6"]
    assert flashlight.rest == "2 other channels sum to 2.5"


def test_of_windows_of_a_pixel_and_of_vectors_the_largest_products_are_drawn(make_neuron):
    for shape, name in (((16, 1, 1), "channel"), ((1, 1, 80), "input")):
        weights = np.arange(float(np.prod(shape))).reshape(shape)
        flashlight = draw(make_neuron(weights, weights), IMAGE)
        (panel,) = flashlight.panels
        last = weights.size - 1
        assert panel.rows[:2] == [f"{name} {last}", f"{name} {last - 1}"]
        assert panel.matrices[2][:2].tolist() == [[last**2], [(last - 1) ** 2]]
        assert flashlight.rest.startswith(f"{weights.size - 12} smaller products sum to ")


def test_the_field_of_a_signal_is_framed_on_its_waveform(make_neuron):
    field = Area(range(1), range(100, 300), 1)
    neuron = make_neuron([[[1, 2]]], [[[1, 1]]], field=field)
    flashlight = draw(neuron, np.random.default_rng(0).standard_normal((1000, 1)))
    height, width, _ = flashlight.image.shape
    assert flashlight.frame == (0, 0.1 * width, height, 0.3 * width)
    assert flashlight.field == "sees positions 100 to 299"


def test_where_a_neuron_sees_nothing_nothing_is_framed(make_neuron):
    nothing = Area(range(0), range(0), 2)
    flashlight = draw(make_neuron([[[0, 0]]], [[[1, 1]]], field=nothing), IMAGE)
    assert flashlight.frame is None
    assert flashlight.field == "sees no place"
