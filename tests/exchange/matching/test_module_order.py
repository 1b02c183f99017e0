import random

import pytest

from cnncli.exchange.matching.module_order import sort_modules

RESNET = [
    "conv1", "bn1",
    "layer1.0.conv1", "layer1.0.bn1", "layer1.0.conv2", "layer1.0.bn2",
    "layer2.0.conv1", "layer2.0.bn1", "layer2.0.conv2", "layer2.0.bn2",
    "layer2.0.downsample.0", "layer2.0.downsample.1", "layer2.10.conv1", "fc",
]  # fmt: skip
HUGGING_FACE = [
    "resnet.embedder.embedder.convolution", "resnet.embedder.embedder.normalization",
    "resnet.encoder.stages.1.layers.0.layer.0.convolution",
    "resnet.encoder.stages.1.layers.0.layer.1.convolution",
    "resnet.encoder.stages.1.layers.0.shortcut.convolution", "classifier.1",
]  # fmt: skip
DENSENET = [
    "features.conv0", "features.norm0",
    "features.denseblock1.denselayer2.norm1", "features.denseblock1.denselayer2.conv1",
    "features.denseblock1.denselayer10.norm1", "features.transition1.norm",
    "features.denseblock2.denselayer1.conv2", "features.norm5", "classifier",
]  # fmt: skip
GOOGLENET = [
    "conv1.conv", "conv1.bn", "inception3a.branch1.conv", "inception3a.branch2.0.conv",
    "inception3b.branch1.conv", "inception4a.branch4.1.conv", "fc",
]  # fmt: skip
TIMM = [
    "conv_stem", "bn1",
    "blocks.0.0.conv_dw", "blocks.0.0.bn1", "blocks.0.0.conv_pw", "blocks.0.0.bn2",
    "blocks.1.0.conv_pw", "blocks.1.0.bn1", "blocks.1.0.conv_dw", "blocks.1.0.bn2",
    "blocks.1.0.se.conv_reduce", "blocks.1.0.se.conv_expand", "blocks.1.0.conv_pwl",
    "blocks.1.0.bn3", "conv_head", "bn2", "classifier",
]  # fmt: skip


@pytest.mark.parametrize("modules", [RESNET, HUGGING_FACE, DENSENET, GOOGLENET])
def test_modules_of_a_known_network_are_put_in_the_order_in_which_they_run(modules):
    shuffled = random.Random(1).sample(modules, len(modules))
    assert modules in sort_modules(shuffled)


def test_blocks_of_timm_without_an_expansion_begin_with_their_depthwise_convolution():
    (order,) = sort_modules(sorted(TIMM))
    filters = [name for name in TIMM if "bn" not in name]
    assert [name for name in order if "bn" not in name] == filters
    assert [name for name in order if "bn" in name] == [name for name in TIMM if "bn" in name]


def test_names_of_an_unknown_network_have_no_order():
    assert sort_modules(["encoder.first", "encoder.second"]) == []


def test_figures_of_other_scripts_and_endless_ones_are_no_numbers():
    assert sort_modules(["conv1", "layer.²"]) == []
    assert sort_modules(["conv1", "layer." + "9" * 5000]) == []
