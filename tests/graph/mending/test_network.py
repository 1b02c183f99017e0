import pytest

from cnncli import presets
from cnncli.graph.building import MisfitError
from cnncli.graph.mending import mend
from cnncli.graph.mending.unused_input import count_unused
from cnncli.notation import parse


def fix(text, shape):
    return mend(parse(text), shape)


@pytest.mark.parametrize(
    ("text", "shape", "fixed"),
    [
        # windows larger than their input
        ("conv(16, 5)", (4, 4, 1), "conv(16, 5, pad=1)"),
        ("conv(16, 5)", (3, 1), "conv(16, 5, pad=1)"),
        ("conv(4, 50)", (5, 5, 3), "conv(4, 50, pad=same)"),
        ("conv(4, 1) >> maxpool >> relu", (1, 1, 3), "conv(4, 1) >> relu"),
        # pads that are too large
        ("maxpool(3, pad=3)", (12, 12, 3), "maxpool(4, 3, 3)"),
        ("deconv(3, 3, pad=5)", (2, 2, 3), "deconv(3, 3, pad=1)"),
        ("conv(4, 3, pad=9, fill=reflect)", (5, 5, 3), "conv(4, 3, pad=4, fill=reflect)"),
        # groups that do not divide
        ("conv(10, 3, groups=4)", (8, 8, 8), "conv(8, 3, groups=4)"),
        ("conv(16, 3, groups=4)", (8, 8, 3), "conv(16, 3)"),
        ("conv(12, 3, groups=4)", (8, 8, 6), "conv(12, 3, groups=3)"),
        # signals, images, vectors
        ("conv(8, 1x5)", (100, 3), "conv(8, 5)"),
        ("conv(8, 3, pad=causal)", (10, 10, 3), "conv(8, 3, pad=same)"),
        ("conv(4, 3)", (49,), "reshape(1x1x49) >> conv(4, 3, pad=1)"),
        ("reshape(4x4x2)", (48,), "reshape(4x4x3)"),
        ("reshape(4x4x2)", (4, 4, 2), "flatten >> reshape(4x4x2)"),
        # branches of different sizes
        ("conv(4, 3) * dense(7)", (5, 5, 3), "conv(7, 3) * dense(7)"),
        ("conv(3, 3) + id", (8, 8, 3), "conv(3, 3, pad=1) + id"),
        ("conv(3, 2) + id", (8, 8, 3), "conv(3, 2, pad=same) + id"),
        ("conv(9, 1) + id", (8, 8, 3), "conv(9, 1) + conv(9, 1)"),
        ("conv(9, 3) * conv(8, 1)", (8, 8, 3), "conv(9, 3, pad=1) * conv(9, 1)"),
        ("(conv(3, 3) >> conv(3, 5)) + id", (8, 8, 3), None),
        ("conv(9, 3, 2, 1) + id", (8, 8, 3), "conv(9, 3, 2, 1) + conv(9, 1, 2)"),
        ("conv(9, 3, 2, 1) + conv(9, 1)", (8, 8, 3), None),
        ("conv(4, 1) | conv(4, 3) | conv(4, 5) | maxpool(3, 1)", (8, 8, 3), None),
        ("conv(4, 5, dilation=2) | id", (20, 3), "conv(4, 5, pad=4, dilation=2) | id"),
        # strides that do not fit
        ("maxpool", (7, 7, 1), "maxpool(3, 2)"),
        ("conv(16, 3, 2)", (8, 8, 1), "conv(16, 3, 2, 1)"),
        # windows with gaps between them
        ("conv(8, 2, 5)", (12, 12, 3), "conv(8, 2, 2)"),
        ("maxpool(2, 3)", (14, 14, 1), "maxpool"),
        ("conv(4, 5, 7)", (40, 2), "conv(4, 5, 5)"),
        ("conv(6, 3, 2, dilation=2)", (13, 13, 1), "conv(6, 3, dilation=2)"),
    ],
)
def test_the_nearest_that_fits_is_found(text, shape, fixed):
    mended = fix(text, shape)
    assert len(mended.changes) == 1
    assert fixed in (None, mended.graph.text)
    assert mended.graph.input_shape == shape


def test_a_dilated_window_that_fits_must_see_all_of_its_input_as_well():
    mended = fix("conv(4, 3, dilation=4)", (7, 7, 1))
    assert mended.graph.text == "conv(4, 3, pad=3, dilation=4)"
    assert mended.graph.nodes[0].lost == (0, 0)
    assert "its windows leave gaps" in mended.changes[1]


def test_what_single_pixels_skip_is_said_and_left():
    mended = fix("conv(9, 3, 2, 1) + conv(9, 1, 2)", (8, 8, 3))
    assert mended.changes == ()
    assert mended.unused == (
        "layer 2 conv(9, 1, 2): 4 rows and 4 columns of its input stay unused; its window is a "
        "single pixel, which skips them on purpose",
    )


def test_what_stays_unused_because_of_the_layers_behind_is_said():
    (line,) = fix("conv(3, 2, 3) | conv(3, 5, 3)", (8, 8, 1)).unused
    assert line.startswith("layer 1 conv(3, 2, 3): 2 rows and 2 columns of its input stay unused")
    assert line.endswith("nothing near it fits the layers behind it")


def test_what_fits_stays_as_it_is():
    mended = fix("conv(4, 3, pad=1) >> 2 * (relu >> maxpool)", (8, 8, 3))
    assert mended.graph.text == "conv(4, 3, pad=1) >> 2 * (relu >> maxpool)"
    assert mended.changes == ()


@pytest.mark.parametrize("side", [16, 20, 37, 50, 65])
@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16", "resnet18", "strided42"])
def test_presets_are_made_to_fit_any_input(name, side):
    preset = presets.get(name)
    graph = mend(parse(preset.text, 10), (side, side, 3)).graph
    assert graph.output_shape == (10,)
    for node in graph.nodes:
        assert len(node.inputs) > 1 or count_unused(node.layer, node.input_shapes[0]) == (0, 0)


def test_a_fixed_network_needs_no_more_fixing():
    once = fix("4 * (conv(8, 5) >> relu >> maxpool) >> dense(2)", (12, 12, 3)).graph
    assert mend(parse(once.text), (12, 12, 3)).changes == ()


def test_only_the_run_of_a_repetition_that_does_not_fit_is_changed():
    mended = fix("4 * (relu >> maxpool)", (8, 8, 3))
    assert mended.graph.text == "3 * (relu >> maxpool) >> relu"


def test_changes_say_why_and_what():
    mended = fix("conv(8, 3) >> maxpool >> conv(8, 5)", (9, 9, 1))
    assert mended.changes == (
        "layer 3 conv(8, 5): its window is larger than its 3x3 input; "
        "conv(8, 5) becomes conv(8, 5, pad=1)",
        "layer 2 maxpool: its stride does not fit; maxpool becomes maxpool(3, 2)",
    )
    (change,) = fix("(conv(3, 3) >> conv(3, 3)) + id", (8, 8, 3)).changes
    assert change.startswith("layer 3 add: its branches end as 4x4x3 and 8x8x3, which differ; conv")


def test_an_input_that_would_fit_is_named_where_no_change_does():
    text = "(id | maxpool >> conv(8, 3, pad=1) >> upsample) >> conv(2, 1)"
    message = "nothing near it fits, but an input of 16x16x3 does"
    with pytest.raises(MisfitError, match=message):
        fix(text, (15, 15, 3))
    assert fix(text, (16, 16, 3)).changes == ()


def test_what_can_never_fit_says_so():
    with pytest.raises(MisfitError, match=r"layer \d multiply: .* nothing near it fits$"):
        fix("conv(4, 3) * reshape(15x5x1)", (5, 5, 3))
