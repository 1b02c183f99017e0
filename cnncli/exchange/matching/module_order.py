"""In what order the modules of well-known networks run, where the order of their names tells not.

A file sorted by names has `bn1` before `conv1`, and the first bn of a block before that in front of
all blocks. Each entry below lists the words that names of modules are made of (`layer1.0.conv2` of
`layer1`, a number and `conv2`) in the order in which PyTorch runs what is called so; numbers count
by themselves, and so does one behind a word (`denselayer12` behind `denselayer2`) that the list has
without it. Several words joined by dots stand for the last of them behind the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Place = tuple[int, int, str]

ORDERS = tuple(
    tuple(words.split())
    for words in (
        # ResNet of torchvision and timm
        "conv1 bn1 conv2 bn2 conv3 bn3 downsample layer fc",
        # ResNet of Hugging Face
        "resnet embedder encoder stages layers convolution normalization layer shortcut classifier",
        # AlexNet and VGG of torchvision, VGG of timm
        "features pre_logits fc1 fc2 head fc classifier",
        # SqueezeNet of torchvision
        "features squeeze expand1x1 expand3x3 classifier",
        # DenseNet of torchvision and timm
        "features conv0 norm0 denseblock1 transition1 denseblock2 transition2 denseblock3 "
        "transition3 denseblock4 norm5 denselayer norm1 conv1 norm2 conv2 norm conv classifier",
        # GoogLeNet of torchvision
        "conv1 conv2 conv3 inception branch conv bn fc",
        # MobileNet 2 and 3 and EfficientNet of torchvision
        "features conv block fc1 fc2 classifier",
        # MobileNet 2 and 3 and EfficientNet of timm, whose first blocks have no expansion
        "conv_stem bn1 blocks 0.0.conv_dw conv_pw 0.0.se 0.0.conv_pw conv conv_dw se conv_reduce "
        "conv_expand conv_pwl conv_head bn2 bn3 classifier",
    )
)
NUMBER = re.compile(r"[0-9]{1,9}")
NUMBERED = re.compile(r"([a-z_]+)([0-9]{1,9})([a-z]?)")
AUXILIARY = re.compile(r"(aux[12]|AuxLogits)\.")  # heads that take part in trainings alone


def sort_modules(modules: Iterable[str]) -> list[list[str]]:
    """Return names of modules in the order of each network whose words they are made of."""
    names = list(modules)
    sorted_names = []
    for order in ORDERS:
        places = {name: _find_place(name, order) for name in names}
        if None not in places.values():
            sorted_names.append(sorted(names, key=lambda name: places[name] or []))
    return sorted_names


def _find_place(name: str, order: tuple[str, ...]) -> list[Place] | None:
    """Return what a name is sorted by, a place for each of its words; None where one is unknown."""
    words = name.split(".")
    places = []
    for end, word in enumerate(words):
        number = NUMBER.fullmatch(word)
        place = (int(word), 0, "") if number else _find_word(words[: end + 1], order)
        if place is None:
            return None
        places.append(place)
    return places


def _find_word(words: list[str], order: tuple[str, ...]) -> Place | None:
    """Return the place of the last word: that of the longest entry which ends the words."""
    for start in range(len(words)):
        entry = ".".join(words[start:])
        if entry in order:
            return order.index(entry), 0, ""
    numbered = NUMBERED.fullmatch(words[-1])
    if numbered and numbered[1] in order:
        return order.index(numbered[1]), int(numbered[2]), numbered[3]
    return None
