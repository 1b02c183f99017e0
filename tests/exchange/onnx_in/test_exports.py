"""Networks as PyTorch exports them answer as in ONNX Runtime, and read well."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it")
from onnx_files import compare, read  # noqa: E402
from torch import nn  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def export(network, shape, path, **settings):
    """Write a network with random weights and statistics, no two alike."""
    torch.manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    *sides, channels = shape
    settings = {"opset_version": 17, "dynamo": False, "dynamic_axes": {"x": {0: "N"}}, **settings}
    torch.onnx.export(
        network.eval(), torch.zeros(1, channels, *sides), path, input_names=["x"], **settings
    )
    return path


class Residual(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.long = nn.Sequential(
            nn.Conv2d(channels, filters, 3, stride, 1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.Conv2d(filters, filters, 3, 1, 1, bias=False),
            nn.BatchNorm2d(filters),
        )
        self.short = nn.Identity()
        if channels != filters:
            self.short = nn.Conv2d(channels, filters, 1, stride)

    def forward(self, x):
        return torch.relu(self.long(x) + self.short(x))


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(5, 3, 1)
        self.two = nn.Conv2d(5, 6, (1, 7), padding=(0, 3))
        self.pool = nn.AvgPool2d(3, 1, 1)
        self.dense = nn.Linear(14 * 12 * 9, 7)

    def forward(self, x):
        x = torch.cat([self.one(x), self.two(x), self.pool(x)], 1)
        return self.dense(torch.flatten(x, 1))


class ShuffleUnit(nn.Module):
    def __init__(self, channels, groups):
        super().__init__()
        self.groups = groups
        self.filters = nn.Conv2d(channels // 2, channels // 2, 3, padding=1, groups=groups)

    def forward(self, x):
        kept, changed = x[:, :, 1:, :-1].chunk(2, 1)
        x = torch.cat([kept, torch.relu(self.filters(changed))], 1)
        samples, channels, rows, columns = x.shape
        groups = x.view(samples, self.groups, channels // self.groups, rows, columns)
        return groups.transpose(1, 2).contiguous().view(samples, channels, rows, columns)


LENET = nn.Sequential(
    nn.Conv2d(3, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(240, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 7),
)  # fmt: skip
RESNET = nn.Sequential(
    nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
    Residual(8, 8, 1), Residual(8, 8, 1), Residual(8, 16, 2), nn.AdaptiveAvgPool2d(1),
    nn.Flatten(), nn.Linear(16, 7),
)  # fmt: skip
ACTIVATIONS = nn.Sequential(
    nn.Conv2d(3, 6, 3, 2), nn.Hardswish(), nn.Conv2d(6, 6, 3, groups=6, padding=1), nn.GELU(),
    nn.SiLU(), nn.Conv2d(6, 4, 1), nn.Hardsigmoid(), nn.Upsample(scale_factor=2), nn.LeakyReLU(0.2),
    nn.ConvTranspose2d(4, 5, 3, 2, 1, output_padding=1), nn.ReLU6(), nn.Tanh(), nn.ELU(),
    nn.MaxPool2d(3, 2, ceil_mode=True), nn.ConstantPad2d((1, 2, 0, 1), 0.0), nn.Conv2d(5, 7, 3),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(),
)  # fmt: skip
SHUFFLE = nn.Sequential(
    nn.Conv2d(3, 12, 3), ShuffleUnit(12, 3), nn.AvgPool2d(3, 2, 1, count_include_pad=False),
    nn.ZeroPad2d((-1, 0, 1, -2)), ShuffleUnit(12, 2), nn.AvgPool2d(2, ceil_mode=True),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 5),
)  # fmt: skip
SIGNAL = nn.Sequential(
    nn.Conv1d(2, 6, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(6, 8, 3, dilation=2),
    nn.Flatten(), nn.Linear(8 * 16, 5),
)  # fmt: skip
NETWORKS = pytest.mark.parametrize(
    ("network", "shape"),
    [
        (LENET, (20, 28, 3)),
        (RESNET, (40, 36, 3)),
        (Inception(), (12, 9, 5)),
        (ACTIVATIONS, (23, 18, 3)),
        (SIGNAL, (40, 2)),
        (SHUFFLE, (24, 21, 3)),
    ],
    ids=["lenet", "resnet", "inception", "activations", "signal", "shuffle"],
)


@NETWORKS
def test_an_export_answers_as_in_onnx_runtime(tmp_path, network, shape):
    path = export(network, shape, tmp_path / "network.onnx")
    assert compare(path, read(path)) < 1e-5


@NETWORKS
def test_an_export_of_an_old_opset_answers_as_in_onnx_runtime(tmp_path, network, shape):
    path = export(network, shape, tmp_path / "network.onnx", opset_version=9)
    assert compare(path, read(path)) < 1e-5


def test_shape_arithmetic_that_was_not_folded_is_folded(tmp_path):
    path = export(ACTIVATIONS, (23, 18, 3), tmp_path / "net.onnx", do_constant_folding=False)
    assert compare(path, read(path)) < 1e-5


def test_all_ways_to_interpolate_are_read(tmp_path):
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3, 2),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.Upsample((13, 9), mode="bilinear", align_corners=True),
        nn.Upsample((20, 11), mode="bicubic"),
        nn.Upsample((7, 13)),
        nn.Flatten(),
        nn.Linear(4 * 7 * 13, 5),
    )
    path = export(network, (15, 12, 3), tmp_path / "net.onnx")
    assert read(path).arch == (
        "conv(4, 3, 2) >> upsample(method=linear) >> resize(13x9, align=corners)"
        " >> resize(20x11, cubic) >> resize(7x13, nearest, starts) >> dense(5)"
    )
    assert compare(path, read(path)) < 1e-5


def test_the_text_is_that_of_a_person(tmp_path):
    assert read(export(LENET, (20, 28, 3), tmp_path / "lenet.onnx")).arch == (
        "conv(6, 5, pad=2) >> relu >> maxpool >> conv(16, 5) >> relu >> maxpool >> dense(20) "
        ">> relu >> dense(7)"
    )


def test_blocks_in_a_row_are_written_once(tmp_path):
    kept = torch.onnx.TrainingMode.PRESERVE
    path = export(RESNET, (40, 36, 3), tmp_path / "net.onnx", training=kept)
    assert (
        "maxpool(3, 2, 1) >> 2 * ((conv(8, 3, pad=1, bias=no) >> bn >> relu >> "
        "conv(8, 3, pad=1, bias=no) >> bn) + id >> relu) >> (conv(16, 3, 2, 1, bias=no)"
    ) in read(path).arch
