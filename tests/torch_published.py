"""Networks whose modules are named as those that torchvision publishes weights of."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


class BasicBlock(nn.Module):
    def __init__(self, before, n, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, n, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n)
        self.conv2 = nn.Conv2d(n, n, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n)
        self.downsample = None
        if stride > 1 or before != n:
            shortcut = nn.Conv2d(before, n, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(n))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        before = 64
        for number, n in enumerate((64, 128, 256, 512), 1):
            first = BasicBlock(before, n, 1 if number == 1 else 2)
            setattr(self, f"layer{number}", nn.Sequential(first, BasicBlock(n, n, 1)))
            before = n
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return self.fc(x.mean((2, 3)))


class Fire(nn.Module):
    def __init__(self, before, n, wide):
        super().__init__()
        self.squeeze = nn.Conv2d(before, n, 1)
        self.expand1x1 = nn.Conv2d(n, wide, 1)
        self.expand3x3 = nn.Conv2d(n, wide, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return F.relu(torch.cat((self.expand1x1(x), self.expand3x3(x)), 1))


class SqueezeNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(96, 16, 64), Fire(128, 16, 64), Fire(128, 32, 128),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(256, 32, 128), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256),
            nn.MaxPool2d(3, 2, ceil_mode=True), Fire(512, 64, 256),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(512, classes, 1), nn.ReLU())

    def forward(self, x):
        return self.classifier(self.features(x)).mean((2, 3))


def unit(before, n, size=3, stride=1, groups=1):
    conv = nn.Conv2d(before, n, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(n), nn.ReLU6())


class InvertedResidual(nn.Module):
    def __init__(self, before, n, stride, expansion):
        super().__init__()
        wide = before * expansion
        self.conv = nn.Sequential(
            *([unit(before, wide, 1)] if expansion > 1 else []),
            unit(wide, wide, 3, stride, wide), nn.Conv2d(wide, n, 1, bias=False),
            nn.BatchNorm2d(n),
        )  # fmt: skip
        self.adds = stride == 1 and before == n

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, classes):
        super().__init__()
        layers, before = [unit(3, 32, 3, 2)], 32
        for expansion, n, times, stride in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
            (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
        ):  # fmt: skip
            for i in range(times):
                layers.append(InvertedResidual(before, n, 1 if i else stride, expansion))
                before = n
        self.features = nn.Sequential(*layers, unit(320, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def make_network(kind, classes):
    """Return a network with random weights and statistics, no two of which are alike."""
    torch.manual_seed(0)
    network = kind(classes).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight.data, module.running_var):
                values.uniform_(0.5, 1.5)
            for values in (module.bias.data, module.running_mean):
                values.normal_(0, 0.1)
    return network


def rename_as_hugging_face(state):
    """Return the weights of ResNet18 under the names that Hugging Face gives them, sorted."""
    renamed = {}
    for name, tensor in state.items():
        words = name.split(".")
        kind = "normalization" if words[-2] in ("bn1", "bn2") else "convolution"
        if words[0] == "fc":
            words = ["classifier", "1", words[-1]]
        elif words[0].startswith("layer"):
            stage = ["resnet", "encoder", "stages", str(int(words[0][5:]) - 1), "layers", words[1]]
            if words[2] == "downsample":
                kind = ("convolution", "normalization")[int(words[3])]
                words = [*stage, "shortcut", kind, words[-1]]
            else:
                words = [*stage, "layer", str(int(words[2][-1]) - 1), kind, words[-1]]
        else:
            words = ["resnet", "embedder", "embedder", kind, words[-1]]
        renamed[".".join(words)] = tensor
    return OrderedDict(sorted(renamed.items()))
