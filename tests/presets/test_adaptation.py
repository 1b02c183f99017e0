import pytest

from cnncli import presets
from cnncli.errors import ArchitectureError
from cnncli.graph import build_graph
from cnncli.notation import parse
from cnncli.presets.adaptation import adapt, find_last_feature_map

SMALL = (32, 32, 3)


def changes(name, *shape):
    return [str(change) for change in adapt(presets.get(name), shape).changes]


def last_shape(name, *shape):
    return find_last_feature_map(adapt(presets.get(name), shape).graph).output_shape


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "densenet121"])
def test_networks_with_a_stem_lose_it_as_is_customary(name):
    assert changes(name, *SMALL) == [
        "conv(64, 7, 2, 3, bias=no) becomes conv(64, 3, pad=1, bias=no)",
        "maxpool(3, 2, 1) is left out",
    ]
    assert last_shape(name, *SMALL)[:2] == (4, 4)


def test_resnet18_on_32_pixels_has_the_size_that_people_report():
    assert adapt(presets.get("resnet18"), SMALL).graph.params == 11_681_832
    text = adapt(presets.get("resnet18"), SMALL).text
    assert build_graph(parse(text, 10), SMALL).params == 11_173_962


def test_mobilenet_v2_loses_its_first_two_strides():
    assert changes("mobilenet_v2", *SMALL) == [
        "conv(32, 3, 2, 1, bias=no) becomes conv(32, 3, pad=1, bias=no)",
        "depthwise(3, 2, 1, bias=no) becomes depthwise(3, pad=1, bias=no)",
    ]


def test_vgg_keeps_its_pools_as_long_as_they_fit():
    assert changes("vgg16", *SMALL) == []
    assert changes("vgg16", 28, 28, 1) == ["maxpool is left out"]
    assert last_shape("vgg16", 28, 28, 1) == (1, 1, 512)
    last = [node.layer.kind for node in adapt(presets.get("vgg16"), (28, 28, 1)).graph.nodes][-9:]
    assert "maxpool" not in last and "conv" in last


def test_a_stride_of_four_goes_in_one_change():
    assert changes("alexnet", *SMALL) == ["conv(64, 11, 4, 2) becomes conv(64, 3, pad=1)"]
    assert changes("alexnet", 64, 64, 3) == ["conv(64, 11, 4, 2) becomes conv(64, 5, 2, 2)"]


def test_branches_are_made_finer_together():
    body, shortcut = changes("resnet18", 16, 16, 3)[2:]
    assert body == "conv(128, 3, 2, 1, bias=no) becomes conv(128, 3, pad=1, bias=no)"
    assert shortcut == "conv(128, 1, 2, bias=no) becomes conv(128, 1, bias=no)"
    assert last_shape("resnet18", 16, 16, 3) == (4, 4, 512)


@pytest.mark.parametrize("name", ["resnet20", "wrn16_4", "vgg_small", "resnet_small", "unet"])
def test_networks_for_small_images_stay_as_they_are(name):
    assert changes(name, *SMALL) == []


@pytest.mark.parametrize("name", ["resnet18", "vgg16", "googlenet", "mobilenet_v2"])
def test_nothing_changes_for_large_images(name):
    assert changes(name, 224, 224, 3) == changes(name, 128, 160, 1) == []


def test_signals_are_adapted_along_their_length():
    assert changes("wavenet", 8000, 1) == []
    assert changes("wavenet", 32, 1) == ["conv(96, 64, 16, causal) becomes conv(96, 32, 8, causal)"]


@pytest.mark.parametrize("name", presets.names())
def test_the_adapted_text_is_a_network_for_any_number_of_classes(name):
    usual = presets.get(name).input_shape
    shape = (32, 1) if len(usual) == 2 else SMALL
    adapted = adapt(presets.get(name), shape)
    graph = build_graph(parse(adapted.text, 7), shape)
    assert graph.classes == 7
    assert build_graph(parse(adapted.text, presets.get(name).classes), shape) == adapted.graph
    assert max(map(len, adapted.text.splitlines()[:4])) < 130


def test_a_network_that_cannot_be_made_to_fit_is_refused_by_name():
    with pytest.raises(ArchitectureError, match=r"lenet5: layer 3 conv\(16, 5\): its window is"):
        adapt(presets.get("lenet5"), (8, 8, 3))
    with pytest.raises(ArchitectureError, match="wavenet takes inputs such as 8000x1"):
        adapt(presets.get("wavenet"), SMALL)


def test_the_find_last_feature_map_is_the_one_before_everything_is_pooled():
    text = (
        "conv(8, 3) >> relu >> conv(4, 1) >> (id * (global_avgpool >> conv(4, 1) >> upsample(6)))"
    )
    graph = build_graph(parse(f"{text} >> global_avgpool >> dropout(0.2) >> dense(3)"), (8, 8, 1))
    assert find_last_feature_map(graph).name == "multiply1"
    assert find_last_feature_map(build_graph(parse("dense(3)"), (8, 8, 1))) is None
