"""Networks of the literature as one writes them in PyTorch, to hold the presets of their name to.

Layers stand in the order in which the architecture texts name them, so that weights go over by kind
and number alone.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def conv_bn(before, n, size, stride=1, activation=nn.ReLU, eps=1e-5, momentum=0.1, **more):
    pad = more.pop("padding", size // 2)
    conv = nn.Conv2d(before, n, size, stride, pad, bias=False, **more)
    return nn.Sequential(conv, nn.BatchNorm2d(n, eps, momentum), activation())


class LeNet5(nn.Sequential):
    def __init__(self, classes):
        super().__init__(
            nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, classes),
        )  # fmt: skip


class VggWithBn(nn.Sequential):
    """VGG-11 with bn on images of 32x32, with one small dense layer behind."""

    def __init__(self, classes):
        layers, before = [], 3
        for n, times in ((64, 1), (128, 1), (256, 2), (512, 2), (512, 2)):
            for _ in range(times):
                layers += [nn.Conv2d(before, n, 3, 1, 1), nn.BatchNorm2d(n), nn.ReLU()]
                before = n
            layers.append(nn.MaxPool2d(2))
        head = [nn.Flatten(), nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, classes)]
        super().__init__(*layers, *head)


class BasicBlock(nn.Module):
    def __init__(self, before, n, stride):
        super().__init__()
        self.first = conv_bn(before, n, 3, stride)
        self.second = conv_bn(n, n, 3, activation=nn.Identity)
        changes = stride > 1 or before != n
        self.shortcut = conv_bn(before, n, 1, stride, nn.Identity) if changes else nn.Identity()

    def forward(self, x):
        return F.relu(self.second(self.first(x)) + self.shortcut(x))


class ResNet18(nn.Sequential):
    def __init__(self, classes):
        layers = [conv_bn(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
        before = 64
        for n in (64, 128, 256, 512):
            layers += [BasicBlock(before, n, 1 if n == 64 else 2), BasicBlock(n, n, 1)]
            before = n
        pool = nn.AdaptiveAvgPool2d(1)
        super().__init__(*layers, pool, nn.Flatten(), nn.Linear(512, classes))


class Inception(nn.Module):
    def __init__(self, before, a, b, bb, c, cc, d):
        super().__init__()
        pool = nn.MaxPool2d(3, 1, 1, ceil_mode=True)
        self.branches = nn.ModuleList([
            conv_bn(before, a, 1, eps=1e-3),
            nn.Sequential(conv_bn(before, b, 1, eps=1e-3), conv_bn(b, bb, 3, eps=1e-3)),
            nn.Sequential(conv_bn(before, c, 1, eps=1e-3), conv_bn(c, cc, 3, eps=1e-3)),
            nn.Sequential(pool, conv_bn(before, d, 1, eps=1e-3)),
        ])  # fmt: skip

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class GoogLeNet(nn.Sequential):
    """As torchvision has it, without auxiliary heads and dropout."""

    def __init__(self, classes):
        pool = lambda size=3: nn.MaxPool2d(size, 2, ceil_mode=True)  # noqa: E731
        super().__init__(
            conv_bn(3, 64, 7, 2, eps=1e-3), pool(),
            conv_bn(64, 64, 1, eps=1e-3), conv_bn(64, 192, 3, eps=1e-3), pool(),
            Inception(192, 64, 96, 128, 16, 32, 32),
            Inception(256, 128, 128, 192, 32, 96, 64), pool(),
            Inception(480, 192, 96, 208, 16, 48, 64),
            Inception(512, 160, 112, 224, 24, 64, 64),
            Inception(512, 128, 128, 256, 24, 64, 64),
            Inception(512, 112, 144, 288, 32, 64, 64),
            Inception(528, 256, 160, 320, 32, 128, 128), pool(2),
            Inception(832, 256, 160, 320, 32, 128, 128),
            Inception(832, 384, 192, 384, 48, 128, 128),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, classes),
        )  # fmt: skip


class InvertedResidual(nn.Module):
    def __init__(self, before, n, stride, expansion):
        super().__init__()
        wide = before * expansion
        layers = [conv_bn(before, wide, 1, activation=nn.ReLU6)] if expansion > 1 else []
        self.layers = nn.Sequential(
            *layers,
            conv_bn(wide, wide, 3, stride, nn.ReLU6, groups=wide),
            conv_bn(wide, n, 1, activation=nn.Identity),
        )
        self.adds = stride == 1 and before == n

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


class MobileNetV2(nn.Sequential):
    """Without dropout."""

    STAGES = (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
        (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    )  # fmt: skip

    def __init__(self, classes):
        layers, before = [conv_bn(3, 32, 3, 2, nn.ReLU6)], 32
        for expansion, n, times, stride in self.STAGES:
            for i in range(times):
                layers.append(InvertedResidual(before, n, 1 if i else stride, expansion))
                before = n
        layers.append(conv_bn(320, 1280, 1, activation=nn.ReLU6))
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, classes))


class Gate(nn.Module):
    """Squeeze and excitation: a weight for each channel."""

    def __init__(self, wide, n, activation, gate):
        super().__init__()
        self.first, self.activation = nn.Conv2d(wide, n, 1), activation()
        self.second, self.gate = nn.Conv2d(n, wide, 1), gate()

    def forward(self, x):
        weights = self.activation(self.first(F.adaptive_avg_pool2d(x, 1)))
        return x * self.gate(self.second(weights))


class GatedResidual(nn.Module):
    """An inverted residual with a gate of n values (0: none) behind its depthwise convolution."""

    def __init__(self, before, wide, n, size, stride, gate, activation, **norm):
        super().__init__()
        layers = [conv_bn(before, wide, 1, 1, activation, **norm)] if wide > before else []
        layers.append(conv_bn(wide, wide, size, stride, activation, groups=wide, **norm))
        self.layers = nn.Sequential(
            *layers,
            gate if gate else nn.Identity(),
            conv_bn(wide, n, 1, activation=nn.Identity, **norm),
        )
        self.adds = stride == 1 and before == n

    def forward(self, x):
        return x + self.layers(x) if self.adds else self.layers(x)


class MobileNetV3(nn.Sequential):
    """Without dropout; rows of inside, outside, window, stride, gate, and h for hard swish."""

    NORM = {"eps": 1e-3, "momentum": 0.01}  # noqa: RUF012

    def __init__(self, rows, last, classes):
        layers, before = [conv_bn(3, 16, 3, 2, nn.Hardswish, **self.NORM)], 16
        for wide, n, size, stride, squeezed, activation in rows:
            gate = Gate(wide, squeezed, nn.ReLU, nn.Hardsigmoid) if squeezed else None
            kind = nn.Hardswish if activation == "h" else nn.ReLU
            layers.append(GatedResidual(before, wide, n, size, stride, gate, kind, **self.NORM))
            before = n
        layers.append(conv_bn(before, 6 * before, 1, 1, nn.Hardswish, **self.NORM))
        head = [nn.Linear(6 * before, last), nn.Hardswish(), nn.Linear(last, classes)]
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *head)


class MobileNetV3Small(MobileNetV3):
    def __init__(self, classes):
        rows = (
            (16, 16, 3, 2, 8, "r"), (72, 24, 3, 2, 0, "r"), (88, 24, 3, 1, 0, "r"),
            (96, 40, 5, 2, 24, "h"), (240, 40, 5, 1, 64, "h"), (240, 40, 5, 1, 64, "h"),
            (120, 48, 5, 1, 32, "h"), (144, 48, 5, 1, 40, "h"), (288, 96, 5, 2, 72, "h"),
            (576, 96, 5, 1, 144, "h"), (576, 96, 5, 1, 144, "h"),
        )  # fmt: skip
        super().__init__(rows, 1024, classes)


class MobileNetV3Large(MobileNetV3):
    def __init__(self, classes):
        rows = (
            (16, 16, 3, 1, 0, "r"), (64, 24, 3, 2, 0, "r"), (72, 24, 3, 1, 0, "r"),
            (72, 40, 5, 2, 24, "r"), (120, 40, 5, 1, 32, "r"), (120, 40, 5, 1, 32, "r"),
            (240, 80, 3, 2, 0, "h"), (200, 80, 3, 1, 0, "h"), (184, 80, 3, 1, 0, "h"),
            (184, 80, 3, 1, 0, "h"), (480, 112, 3, 1, 120, "h"), (672, 112, 3, 1, 168, "h"),
            (672, 160, 5, 2, 168, "h"), (960, 160, 5, 1, 240, "h"), (960, 160, 5, 1, 240, "h"),
        )  # fmt: skip
        super().__init__(rows, 1280, classes)


class EfficientNetB0(nn.Sequential):
    """Without dropout and stochastic depth."""

    STAGES = (
        (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3),
        (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1),
    )  # fmt: skip

    def __init__(self, classes):
        layers, before = [conv_bn(3, 32, 3, 2, nn.SiLU)], 32
        for expansion, size, stride, n, times in self.STAGES:
            for i in range(times):
                wide = before * expansion
                gate = Gate(wide, before // 4, nn.SiLU, nn.Sigmoid)
                layers.append(
                    GatedResidual(before, wide, n, size, 1 if i else stride, gate, nn.SiLU)
                )
                before = n
        layers.append(conv_bn(320, 1280, 1, 1, nn.SiLU))
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, classes))


class UNet(nn.Module):
    def __init__(self, classes, n=8, channels=1):
        super().__init__()
        widths = [n, 2 * n, 4 * n, 8 * n, 16 * n]
        two = lambda a, b: nn.Sequential(conv_bn(a, b, 3), conv_bn(b, b, 3))  # noqa: E731
        self.down = nn.ModuleList(map(two, [channels, *widths], widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(two(2 * w, w) for w in reversed(widths[:-1]))
        self.last = nn.Conv2d(n, classes, 1)

    def forward(self, x):
        kept = []
        for i, stage in enumerate(self.down):
            x = stage(F.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for up, merge in zip(self.up, self.merge, strict=True):
            kept.pop()
            x = merge(torch.cat([kept[-1], up(x)], 1))
            kept[-1] = x
        return self.last(x)


class Causal(nn.Conv1d):
    def forward(self, x):
        return super().forward(F.pad(x, (self.dilation[0] * (self.kernel_size[0] - 1), 0)))


class WaveNetLayer(nn.Module):
    def __init__(self, n, dilation):
        super().__init__()
        self.filter = Causal(n, n, 2, dilation=dilation)
        self.gate = Causal(n, n, 2, dilation=dilation)
        self.both = nn.Conv1d(n, 3 * n, 1)

    def forward(self, x):
        both = self.both(torch.tanh(self.filter(x)) * torch.sigmoid(self.gate(x)))
        residual, skip = both.split([x.shape[1], 2 * x.shape[1]], 1)
        return x + residual, skip


class WaveNet(nn.Module):
    """With the residual and skip outputs kept apart, as the paper draws them."""

    def __init__(self, classes, n=32):
        super().__init__()
        self.stem = Causal(1, 3 * n, 64, stride=16)
        self.layers = nn.ModuleList(WaveNetLayer(n, 2**i) for _ in range(2) for i in range(7))
        self.last = nn.Conv1d(2 * n, 2 * n, 1)
        self.classes = nn.Linear(2 * n, classes)
        self.n = n

    def forward(self, x):
        x, skips = self.stem(x).split([self.n, 2 * self.n], 1)
        for layer in self.layers:
            x, skip = layer(x)
            skips = skips + skip
        return self.classes(F.relu(self.last(F.relu(skips))).mean(2))


KINDS = {
    nn.ConvTranspose2d: "deconv",
    nn.Conv2d: "conv",
    nn.Conv1d: "conv",
    nn.Linear: "dense",
    nn.BatchNorm2d: "bn",
}


def named_tensors(network: nn.Module) -> dict[str, torch.Tensor]:
    """Return the tensors of a network under the names they have in a model file: conv1/weight."""
    counts: dict[str, int] = {}
    found = {}
    for module in network.modules():
        kind = next((kind for one, kind in KINDS.items() if isinstance(module, one)), None)
        if kind is None:
            continue
        if kind == "conv" and module.groups > 1:
            kind = "depthwise"
        counts[kind] = counts.get(kind, 0) + 1
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            if name != "num_batches_tracked":
                found[f"{kind}{counts[kind]}/{name}"] = tensor
    return found
