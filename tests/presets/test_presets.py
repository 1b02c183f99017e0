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
        ("zfnet", 62_357_608, 1_168_032_896),
        ("vgg11", 132_863_336, 7_609_090_048),
        ("vgg13", 133_047_848, 11_308_466_176),
        ("vgg16", 138_357_544, 15_470_264_320),
        ("vgg19", 143_667_240, 19_632_062_464),
        ("googlenet", 6_624_904, 1_498_376_192),
        ("squeezenet", 1_248_424, 818_924_576),
        ("resnet18", 11_689_512, 1_814_073_344),
        ("resnet34", 21_797_672, 3_663_761_408),
        ("resnet50", 25_557_032, 4_089_184_256),
        ("resnet101", 44_549_160, 7_801_405_440),
        ("resnet20", 272_474, 40_813_184),
        ("resnet56", 855_770, 125_747_840),
        ("wrn16_4", 2_748_890, 392_612_352),
        ("wrn28_10", 36_479_194, 5_243_328_768),
        ("densenet121", 7_978_856, 2_834_161_664),
        ("mobilenet_v1", 4_231_976, 568_740_352),
        ("mobilenet_v2", 3_504_872, 300_774_272),
        ("mobilenet_v3_small", 2_542_856, 56_510_400),
        ("mobilenet_v3_large", 5_483_032, 216_589_760),
        ("efficientnet_b0", 5_288_548, 385_814_752),
        ("unet", 31_036_546, 48_096_083_968),
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
    shape = graph_of(name).output_shape
    assert shape == ((256, 256, 2) if name == "unet" else (preset.classes,))


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_takes_another_number_of_classes(name):
    preset = presets.get(name)
    assert build_graph(parse(preset.text, 7), preset.input_shape).classes == 7


def test_the_members_of_a_family_differ_in_their_last_line():
    texts = [presets.get(name).text.splitlines() for name in ("vgg11", "vgg19")]
    assert texts[0][:-1] == texts[1][:-1]
    assert [text[-1] for text in texts] == ["vgg(1, 1, 2, 2, 2)", "vgg(2, 2, 4, 4, 4)"]
    assert not {"vgg", "resnet"} & set(presets.names())


def test_a_network_can_be_asked_for_in_another_size():
    small, own = presets.get("unet(16)"), presets.get("unet")
    assert (small.title, small.input_shape) == (own.title, own.input_shape)
    assert build_graph(parse(small.text, 2), (32, 32, 3)).params == 1_942_594
    assert presets.lookup(" unet( 16 )").text.endswith("\nunet( 16 )\n")
    assert presets.get("vgg(2, 2, 3, 3, 3)").text == presets.get("vgg16").text
    assert presets.lookup("resnet_cifar(more=2)") is not None


@pytest.mark.parametrize("text", ["alexnet(3)", "conv(6, 5)", "unet(16) >> relu", "vgg", "unet(8"])
def test_what_is_no_network_with_a_size_is_none_of_them(text):
    with pytest.raises(ArchitectureError, match="no preset is called"):
        presets.get(text)


def test_a_size_that_does_not_fit_is_pointed_at():
    with pytest.raises(ArchitectureError, match=r"line 16, column 10: unet: '2' is one setting"):
        parse(presets.get("unet(16, 2)").text, 2)


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
        ("xyz", "no preset and no layer is called 'xyz'; the presets are alexnet, densenet121, "),
    ],
)
def test_a_word_that_is_no_name_is_answered_with_one_that_is(word, message):
    with pytest.raises(ArchitectureError) as caught:
        presets.lookup(word)
    assert str(caught.value).startswith(message)


def test_an_unknown_preset_is_answered_with_one_that_is_known():
    with pytest.raises(ArchitectureError, match=r"no preset is called 'vgg-16'; .* vgg16\?"):
        presets.get("vgg-16")
