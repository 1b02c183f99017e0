"""The workloads as PyTorch modules, their parameters in the order of the notation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

Layers = list[nn.Module]


def conv(inputs: int, outputs: int) -> Layers:
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]


def normalized(
    inputs: int, outputs: int, size: int = 3, stride: int = 1, groups: int = 1
) -> Layers:
    layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def mean_and_dense(inputs: int, classes: int) -> Layers:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes)]


def lenet5(classes: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(inplace=True), nn.Linear(120, 84), nn.ReLU(inplace=True),
        nn.Linear(84, classes),
    )  # fmt: skip


def vgg_small(classes: int) -> nn.Module:
    layers: Layers = []
    for inputs, outputs in [(3, 64), (64, 128), (128, 256)]:
        layers += [*conv(inputs, outputs), *conv(outputs, outputs), nn.MaxPool2d(2)]
    end = [nn.Flatten(), nn.Linear(4096, 256), nn.ReLU(inplace=True), nn.Linear(256, classes)]
    return nn.Sequential(*layers, *end)


def strided42(classes: int) -> nn.Module:
    widths = [(3, 16), (16, 64), (64, 128)]
    layers = [layer for pair in widths for layer in normalized(*pair, stride=2)]
    return nn.Sequential(*layers, *mean_and_dense(128, classes))


class Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        first, second = normalized(inputs, outputs, 3, stride), normalized(outputs, outputs)
        self.body = nn.Sequential(*first, *second[:-1])
        shortcut = [] if stride == 1 else normalized(inputs, outputs, 1, stride)[:-1]
        self.shortcut = nn.Sequential(*shortcut)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.body(x) + self.shortcut(x))


def resnet18(stem: Layers, classes: int) -> nn.Module:
    widths = [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]
    body = [
        block
        for inputs, outputs, stride in widths
        for block in (Residual(inputs, outputs, stride), Residual(outputs, outputs, 1))
    ]
    return nn.Sequential(*stem, *body, *mean_and_dense(512, classes))


def resnet18_32(classes: int) -> nn.Module:
    return resnet18(normalized(3, 64), classes)


def resnet18_224(classes: int) -> nn.Module:
    return resnet18([*normalized(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)], classes)


def mobile_32(classes: int) -> nn.Module:
    layers = normalized(3, 32)
    for inputs, outputs, stride in [
        (32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1)
    ]:  # fmt: skip
        layers += normalized(inputs, inputs, 3, stride, groups=inputs)
        layers += normalized(inputs, outputs, 1)
    return nn.Sequential(*layers, *mean_and_dense(256, classes))


class Level(nn.Module):
    """One level of a U-Net: what is found at this resolution, beside what is found below."""

    def __init__(self, inputs: int, width: int, levels: int) -> None:
        super().__init__()
        self.before = nn.Sequential(*conv(inputs, width), *conv(width, width))
        self.below = self.after = nn.Identity()
        if levels > 1:
            below = Level(width, 2 * width, levels - 1)
            up = nn.ConvTranspose2d(2 * width, width, 2, 2)
            self.below = nn.Sequential(nn.MaxPool2d(2), below, up)
            self.after = nn.Sequential(*conv(2 * width, width), *conv(width, width))

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)
        if isinstance(self.below, nn.Identity):
            return x
        return self.after(torch.cat([x, self.below(x)], 1))


def unet_128(classes: int) -> nn.Module:
    return nn.Sequential(Level(1, 16, 4), nn.Conv2d(16, classes, 1))


def odd_filters(classes: int) -> nn.Module:
    layers: Layers = []
    for inputs, outputs, last in [(3, 24, 40), (40, 72, 72)]:
        layers += [*normalized(inputs, outputs), *normalized(outputs, last), nn.MaxPool2d(2)]
    layers += [*normalized(72, 100), *normalized(100, 136)]
    return nn.Sequential(*layers, *mean_and_dense(136, classes))


def odd_windows(classes: int) -> nn.Module:
    layers: Layers = []
    for inputs, outputs in [(3, 24), (24, 40), (40, 72)]:
        wide = nn.Conv2d(inputs, outputs, 5, padding=2)
        layers += [wide, nn.ReLU(inplace=True), nn.MaxPool2d(2)]
    return nn.Sequential(*layers[:-1], *mean_and_dense(72, classes))


def odd_strides(classes: int) -> nn.Module:
    widths = [(3, 24, 3, 2), (24, 40, 1, 1), (40, 72, 3, 2), (72, 100, 1, 1), (100, 136, 3, 2)]
    layers = [layer for width in widths for layer in normalized(*width)]
    return nn.Sequential(*layers, *mean_and_dense(136, classes))


NETWORKS = {
    build.__name__: build
    for build in (
        lenet5, vgg_small, strided42, resnet18_32, resnet18_224, mobile_32, unet_128,
        odd_filters, odd_windows, odd_strides,
    )
}  # fmt: skip
