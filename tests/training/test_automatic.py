from types import SimpleNamespace

import pytest
from stripes import striped_data

from cnncli import presets
from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.presets.comments import read_recipe
from cnncli.tasks import Classification, MultiLabel, Regression, Segmentation
from cnncli.training.automatic import (
    build_network,
    choose_augmentation,
    design_classifier,
    design_map_network,
    design_network,
    design_signal_classifier,
)

CLASSES = Classification(("a", "b"))


def describe_data(task, input_shape, samples):
    return SimpleNamespace(
        preprocessing=SimpleNamespace(input_shape=input_shape), task=task, train=range(samples)
    )


@pytest.mark.parametrize("side", [1, 2, 3, 4, 7, 8, 16, 28, 32, 64, 96, 97, 128, 224, 500])
@pytest.mark.parametrize("images", [20, 50_000])
def test_a_classifier_fits_images_of_every_size(side, images):
    for shape in [(side, side, 1), (side, 2 * side, 3)]:
        built = build_graph(parse(design_classifier(shape, images), 5), shape)
        assert built.output_shape == (5,)
        last = next(node for node in built.nodes if node.layer.kind == "global_avgpool")
        assert min(last.input_shapes[0][:2]) <= 6 or side > 96


@pytest.mark.parametrize("length", [1, 7, 8, 100, 1023, 1024, 16_000, 100_000])
@pytest.mark.parametrize("signals", [20, 50_000])
def test_a_classifier_fits_signals_of_every_length(length, signals):
    graph = build_graph(parse(design_signal_classifier(length, signals), 5), (length, 2))
    assert graph.output_shape == (5,)


@pytest.mark.parametrize("side", [1, 2, 12, 16, 128])
def test_a_map_network_answers_for_every_pixel_of_a_tile(side):
    for shape in [(side, side, 1), (side, 2 * side, 3)]:
        graph = build_graph(parse(design_map_network(shape), 5), shape)
        assert graph.output_shape == (*shape[:2], 5)


def test_more_samples_get_more_filters():
    assert design_classifier((28, 28, 1), 900) != design_classifier((28, 28, 1), 9000)


def test_a_network_is_built_for_the_data():
    data = striped_data(20, 20)
    graph = build_network("conv(4,3) >> dense(classes)", data)
    assert (graph.input_shape, graph.output_shape) == ((8, 8, 1), (2,))
    assert design_network(data) == design_classifier((8, 8, 1), 20)


@pytest.mark.parametrize(
    ("shape", "samples", "quick"),
    [
        ((32, 32, 3), 5001, True),
        ((48, 24, 3), 60_000, True),
        ((32, 32, 3), 5000, False),
        ((28, 28, 1), 60_000, False),
        ((64, 64, 3), 60_000, False),
        ((20, 20, 3), 60_000, False),
    ],
)
def test_many_small_color_images_get_the_network_that_is_quick_on_them(shape, samples, quick):
    text = design_network(describe_data(CLASSES, shape, samples))
    assert (parse(text, 2) == parse(presets.get("quick32").text, 2)) is quick


def test_many_small_color_images_are_not_mirrored_by_themselves():
    words = read_recipe(design_network(describe_data(CLASSES, (32, 32, 3), 5001)))
    assert words[words.index("--augment") + 1] == "crop(2)"


@pytest.mark.parametrize(
    ("end", "layer", "most"),
    [
        ("dense(classes) >> sigmoid", "sigmoid", "0.73"),
        ("dense(classes) >> tanh", "tanh", "0.88"),
        ("conv(classes, 1) >> hard_sigmoid >> global_avgpool >> flatten", "hard_sigmoid", "0.73"),
        ("dense(classes) >> sigmoid >> softmax", "sigmoid", "0.73"),
    ],
)
def test_an_end_that_keeps_softmax_from_being_sure_is_refused(end, layer, most):
    message = f"ends in {layer}, but a softmax follows by itself.* above {most}; leave {layer} out"
    with pytest.raises(ArchitectureError, match=message):
        build_network(end, striped_data(20, 20))


@pytest.mark.parametrize(
    "end",
    [
        "sigmoid >> dense(classes)",
        "dense(classes) >> softmax",
        "conv(classes, 1) >> relu >> global_avgpool >> flatten",
    ],
)
def test_an_end_with_free_logits_is_taken(end):
    assert build_network(end, striped_data(20, 20)).output_shape[-1] == 2


def test_a_network_of_other_answers_than_the_task_has_is_refused():
    with pytest.raises(ArchitectureError):
        build_network("dense(7)", striped_data(20, 20))


def test_few_gray_images_with_classes_are_moved_a_little_and_never_mirrored():
    steps = choose_augmentation(CLASSES, (28, 28, 1), 900)
    assert steps == "shift(0.1), rotate(10), scale(0.1), shear(10)"


@pytest.mark.parametrize(
    ("task", "shape", "samples"),
    [
        (CLASSES, (28, 28, 1), 5001),
        (CLASSES, (8, 28, 1), 900),
        (CLASSES, (28, 28, 3), 900),
        (CLASSES, (1000, 1), 900),
        (MultiLabel(("a", "b")), (28, 28, 1), 900),
        (Segmentation(("a", "b")), (28, 28, 1), 900),
        (Regression(("a",)), (28, 28, 1), 900),
    ],
)
def test_what_is_many_tiny_in_color_or_of_other_tasks_is_not_moved(task, shape, samples):
    assert choose_augmentation(task, shape, samples) == "none"
