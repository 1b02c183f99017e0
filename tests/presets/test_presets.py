import pytest

from cnncli import presets
from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.notation import parse


def graph_of(name):
    preset = presets.get(name)
    return build_graph(parse(preset.text, preset.classes), preset.input_shape)


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("lenet5", 61_706, 416_520),
        ("alexnet", 61_100_840, 714_188_480),
        ("vgg16", 138_357_544, 15_470_264_320),
        ("resnet18", 11_689_512, 1_814_073_344),
        ("resnet50", 25_557_032, 4_089_184_256),
    ],
)
def test_a_published_network_has_its_published_size(name, params, macs):
    graph = graph_of(name)
    assert (graph.params, graph.macs) == (params, macs)


def test_strided42_halves_three_times_and_answers_with_42_classes():
    shapes = [
        n.output_shape for n in graph_of("strided42").nodes if n.layer.kind not in ("bn", "relu")
    ]
    assert shapes == [(32, 32, 16), (16, 16, 64), (8, 8, 128), (1, 1, 128), (42,)]


def test_vgg_small_pools_three_times():
    shapes = [n.output_shape for n in graph_of("vgg_small").nodes if n.layer.kind == "maxpool"]
    assert shapes == [(16, 16, 64), (8, 8, 128), (4, 4, 256)]
    assert graph_of("vgg_small").params == 2_196_810


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_says_what_it_is_and_fits_its_own_input(name):
    preset = presets.get(name)
    assert preset.title and preset.source
    assert graph_of(name).output_shape == (preset.classes,)


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_takes_another_number_of_classes(name):
    preset = presets.get(name)
    assert build_graph(parse(preset.text, 7), preset.input_shape).classes == 7


def test_a_name_is_looked_up():
    assert presets.lookup(" lenet5\n") == presets.get("lenet5")


@pytest.mark.parametrize("text", ["relu", "id", "conv(8, 3)", "relu >> tanh", "a = relu; a", ""])
def test_an_architecture_text_is_no_name(text):
    assert presets.lookup(text) is None


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("lenet", "no preset and no layer is called 'lenet'; did you mean lenet5?"),
        ("ResNet-18", "no preset and no layer is called 'ResNet-18'; did you mean resnet18?"),
        ("maxpol", "no preset and no layer is called 'maxpol'; did you mean maxpool?"),
        ("xyz", "no preset and no layer is called 'xyz'; the presets are alexnet, lenet5, "),
    ],
)
def test_a_word_that_is_no_name_is_answered_with_one_that_is(word, message):
    with pytest.raises(ArchitectureError) as caught:
        presets.lookup(word)
    assert str(caught.value).startswith(message)


def test_an_unknown_preset_is_answered_with_one_that_is_known():
    with pytest.raises(ArchitectureError, match=r"no preset is called 'vgg-16'; .* vgg16\?"):
        presets.get("vgg-16")
