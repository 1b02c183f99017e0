import re
from dataclasses import replace
from itertools import product

import pytest

from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.layers import LAYERS
from cnncli.layers.geometry import Windowed, Windows, lay_windows
from cnncli.notation import parse


def test_lost_counts_rows_behind_the_last_window_and_in_its_gaps():
    assert parse("conv(1, 3, 3)").layer.lost((7, 7, 1)) == (1, 1)
    assert parse("conv(1, 1, 2)").layer.lost((7, 8, 1)) == (3, 4)
    assert parse("conv(1, 3, dilation=2)").layer.lost((5, 6, 1)) == (2, 0)
    assert parse("conv(1, 3, pad=1)").layer.lost((7, 7, 1)) == (0, 0)


@pytest.mark.parametrize(
    ("kernel", "stride", "before", "after"),
    [(2, 1, 0, 1), (3, 1, 1, 1), (4, 1, 1, 2), (3, 2, 0, 1), (1, 3, 0, 0)],
)
def test_same_padding_puts_the_odd_row_behind(kernel, stride, before, after):
    windows = lay_windows((8, 8, 1), (kernel,), (stride,), "same")
    assert (windows.before, windows.after) == ((before, before), (after, after))
    assert windows.output == (-(-8 // stride), -(-8 // stride))


def test_a_window_counts_the_pixels_it_reads_and_the_places_where_it_stands():
    windows = lay_windows((9, 11, 4), (3, 2), (2,), (0,))
    assert (windows.area, windows.count, windows.span) == (6, 4 * 5, (3, 2))


def test_sizes_beyond_what_can_be_counted_are_refused():
    with pytest.raises(ArchitectureError, match="sizes end at 16,777,216"):
        lay_windows((1 << 25, 4, 1), (3,), (1,), (0,))


def test_windows_that_stick_out_need_padding_behind_the_image():
    windows = Windows((5, 6), (2, 2), (2, 2), (0, 0), output=(3, 3))
    assert windows.needed_after == (1, 0)
    assert replace(windows, after=(1, 1)).needed_after == (1, 1)
    assert replace(windows, before=(1, 0)).needed_after == (0, 0)


@pytest.mark.parametrize(
    "kind", [kind for kind, layer in LAYERS.items() if issubclass(layer, Windowed)]
)
def test_a_windowed_layer_has_a_size_a_stride_and_a_pad_for_its_windows(kind):
    for text, shape in LAYERS[kind].examples():
        layer = parse(text).layer
        windows, output = layer.windows(shape), layer.output_shape(shape)
        rows = output[:-1] if len(output) == 3 else (1, output[0])
        assert rows == (windows.output if layer.slides_over == "input" else windows.input)
        assert layer.size and (layer.stride or layer.size) and layer.pad is not None


def test_lost_is_what_sliding_every_tap_by_hand_leaves_untouched():
    for length, size, stride, pad, dilation, ceil in product(
        (1, 2, 3, 5, 8), (1, 2, 3), (1, 2, 3, 5), (0, 1, 5, 12), (1, 2, 5, 12), (False, True)
    ):
        try:
            windows = lay_windows((length, 1), (size,), (stride,), (pad,), (dilation,), ceil)
        except ArchitectureError:
            continue
        taps = {
            p * stride + k * dilation - pad for p in range(windows.output[1]) for k in range(size)
        }
        assert windows.lost == (0, length - len(taps & set(range(length))))


def test_a_causal_window_of_which_the_first_taps_are_all_padding_is_counted():
    assert parse("conv(5, 6, 4, causal, dilation=3)").layer.lost((7, 2)) == (0, 4)


@pytest.mark.parametrize("count", [7, 10, 13, 28, 100, 120, 784])
@pytest.mark.parametrize(
    "layer", ["conv(4, 2)", "conv(4, 5)", "conv(4, 3, dilation=3)", "upsample"]
)
def test_the_reshape_that_is_advised_fits(count, layer):
    with pytest.raises(ArchitectureError, match="for instance") as caught:
        build_graph(parse(layer), (count,))
    advised = re.search(r"for instance (reshape\(\S+\))", str(caught.value))[1]
    assert len(build_graph(parse(f"{advised} >> {layer}"), (count,)).output_shape) > 1


def test_the_reshape_that_is_advised_for_a_window_of_two_sides_is_an_image():
    for count, shape in ((40, "5x8x1"), (54, "6x9x1"), (100, "10x10x1")):
        with pytest.raises(ArchitectureError, match=rf"reshape\({shape}\)"):
            build_graph(parse("conv(4, 3x5)"), (count,))


@pytest.mark.parametrize(("text", "x"), [("4x4x2", (3, 5, 2)), ("7x7x1", (10, 2)), ("5x2", (9, 1))])
def test_another_number_of_values_is_said_before_flatten_is_advised(text, x):
    with pytest.raises(ArchitectureError, match=r"values, but .* use flatten before it and a"):
        build_graph(parse(f"reshape({text})"), x)
