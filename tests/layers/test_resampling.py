import numpy as np
import pytest
import reference
from contract import IMAGES, Bench

from cnncli.errors import ArchitectureError, CnncliError
from cnncli.graph import build_graph
from cnncli.graph.context import measure_context
from cnncli.graph.receptive_field import find_field
from cnncli.layers.interpolation import ALIGNS, METHODS
from cnncli.notation import parse


def resize(text, image):
    """Return what a layer makes of rows of numbers, as rows of numbers."""
    x = np.array(image, np.float32)
    bench = Bench(parse(text).layer, ((*x.shape, 1),))
    bench.site.x[0][0, ..., 0] = x
    bench.forward(1)
    return bench.site.y[0, ..., 0].tolist()


def test_values_between_two_are_weighed_by_how_near_they_are():
    assert resize("resize(1x4)", [[1, 2]]) == [[1, 1.25, 1.75, 2]]
    assert resize("resize(1x4, linear, corners)", [[0, 3]]) == [[0, 1, 2, 3]]
    assert resize("resize(1x4, linear, starts)", [[1, 2]]) == [[1, 1.5, 2, 2]]


def test_the_nearest_is_taken_as_it_is():
    assert resize("resize(1x3, nearest)", [[1, 2, 3, 4, 5]]) == [[1, 3, 5]]
    assert resize("resize(1x3, nearest, starts)", [[1, 2, 3, 4, 5]]) == [[1, 2, 4]]
    assert resize("resize(4x1, nearest)", [[7], [8]]) == [[7], [7], [8], [8]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("align", ALIGNS)
@pytest.mark.parametrize("size", [(5, 12), (9, 3), (4, 7), (1, 1)])
def test_rows_and_columns_are_those_of_the_definition(method, align, size):
    layer = parse(f"resize({size[0]}x{size[1]}, {method}, {align})").layer
    bench = Bench(layer, ((5, 7, 3),))
    y = bench.answer()
    expected = reference.interpolate(bench.site.x[0][:IMAGES], size, method, align)
    assert np.allclose(y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("align", ALIGNS)
def test_upsample_says_by_a_factor_what_resize_says_by_a_size(method, align):
    answers = []
    for text in (f"upsample(3x2, {method}, {align})", f"resize(12x10, {method}, {align})"):
        bench = Bench(parse(text).layer, ((4, 5, 3),))
        answers.append(bench.answer())
        bench.backward(IMAGES)
        answers.append(bench.dx[0][:IMAGES])
    assert np.array_equal(answers[0], answers[2])
    assert np.allclose(answers[1], answers[3], rtol=1e-5, atol=1e-6)


def test_a_signal_has_one_size():
    assert parse("resize(30)").layer.output_shape((12, 5)) == (30, 5)
    with pytest.raises(ArchitectureError, match="a signal, so 3x4 is one number too many"):
        parse("resize(3x4)").layer.output_shape((12, 5))


@pytest.mark.parametrize(
    ("text", "shape", "message"),
    [
        ("resize", (8, 8, 1), "size is missing"),
        ("resize(4x4, area)", (8, 8, 1), "expected one of nearest, linear, cubic"),
        ("resize(4x4, align=edges)", (8, 8, 1), "expected one of centers, corners, starts"),
        ("dense(9) >> resize(4x4)", (8, 8, 1), "its input is a vector of 9"),
        ("resize(99999999x1)", (8, 8, 1), "sizes end at 16,777,216"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(text, shape, message):
    with pytest.raises(CnncliError, match=message):
        build_graph(parse(text), shape)


def test_a_field_behind_it_is_that_of_the_pixels_it_lies_between():
    graph = build_graph(parse("maxpool(4) >> upsample(4, linear)"), (16, 16, 1))
    assert find_field(graph, graph.output, (0, 7)) == (0, 4, 4, 12)
    graph = build_graph(parse("resize(5x9, linear, corners)"), (9, 9, 1))
    assert find_field(graph, graph.output, (1, 3)) == (2, 3, 3, 4)
    assert graph.nodes[0].jump == (2, 1)


def test_networks_for_images_of_any_size_upsample():
    with pytest.raises(ArchitectureError, match=r"of this size, .*; use upsample"):
        measure_context(build_graph(parse("maxpool >> resize(8x8)"), (8, 8, 1)))
    linear = measure_context(build_graph(parse("maxpool >> upsample(2, linear)"), (8, 8, 1)))
    assert (linear.before, linear.after, linear.stride) == ((2, 2), (3, 3), (2, 2))


def test_corners_are_those_of_the_whole_image():
    graph = build_graph(parse("maxpool >> upsample(2, linear, corners)"), (8, 8, 1))
    context = measure_context(graph)
    assert (context.everything, context.stride) == (True, (2, 2))
