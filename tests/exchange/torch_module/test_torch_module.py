"""Modules of PyTorch that were written for our networks, run by PyTorch beside them."""

import json
import re

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it")
import torch.nn.functional as F  # noqa: E402
from contract import IMAGES, PREDICTION, Bench, list_examples  # noqa: E402
from random_models import make_model  # noqa: E402

from cnncli import presets  # noqa: E402
from cnncli.errors import ArchitectureError, GateError, UsageError  # noqa: E402
from cnncli.exchange import torch_module  # noqa: E402
from cnncli.exchange.export import Export  # noqa: E402
from cnncli.exchange.proof import Inputs, compute_logits  # noqa: E402
from cnncli.exchange.torch_module.source import write_source  # noqa: E402
from cnncli.exchange.torch_module.spelling import SPELLERS, Place  # noqa: E402
from cnncli.layers import LAYERS  # noqa: E402
from cnncli.model_file import digest_model, load_model  # noqa: E402
from cnncli.notation import parse  # noqa: E402

WITHOUT_MODULE: set[str] = set()  # kinds of layers that PyTorch has no words for
SPELLED = [(layer, shapes) for layer, shapes in list_examples() if layer.kind in SPELLERS]
TRICKY = [
    ("conv(4, 4x3, 3x2, same, edge)", (11, 8, 2)),
    ("conv(6, 3, 2, same, reflect, 2, groups=2)", (9, 12, 4)),
    ("conv(4, 2, 3, causal, edge, 3)", (17, 2)),
    ("depthwise(4, 3, same, dilation=2)", (13, 8, 3)),
    ("deconv(4, 2, 3, same)", (4, 5, 2)),  # with columns that no filter reaches
    ("deconv(2, 4x3, 1x2, same, 2, groups=2)", (5, 4, 6)),
    ("deconv(3, 3, 2, 1)", (6, 2)),
    ("maxpool(3, 2, 1, ceil=yes)", (8, 11, 2)),
    ("maxpool(3, 1, 2)", (8, 11, 2)),
    ("maxpool(2, 3, ceil=yes)", (7, 9, 2)),  # with rows that no window reaches
    ("avgpool(3, 2, 1, ceil=yes)", (8, 11, 2)),
    ("avgpool(3, 2, same)", (8, 11, 2)),
    ("avgpool(4, 3, 1, ceil=yes)", (11, 2)),
    ("avgpool(3, 2, 1, ceil=yes, include_pad=no)", (8, 11, 2)),
    ("avgpool(2x3, 1, same, include_pad=no)", (8, 11, 2)),
    ("avgpool(4, 3, 3, include_pad=no)", (11, 2)),
    ("l2pool(3, 2, 1, ceil=yes)", (8, 11, 2)),
]


def test_every_layer_is_spelled_but_those_that_pytorch_has_no_words_for():
    assert LAYERS.keys() - SPELLERS.keys() == WITHOUT_MODULE


def run_layer(layer, shapes):
    """Return what a layer answers here and as it is spelled, both (IMAGES, ..., channels)."""
    bench = Bench(layer, shapes, PREDICTION)
    expected = bench.answer()
    inputs = {f"x{i}": to_tensor(x[:IMAGES]) for i, x in enumerate(bench.site.x)}
    spelling = SPELLERS[layer.kind](
        Place(layer, tuple(inputs), shapes, "layer", layer.output_shape(*shapes))
    )
    network = torch.nn.Module()
    names = {"torch": torch, "F": F, "nn": torch.nn, "self": network, **inputs}
    if spelling.module:
        network.layer = eval(spelling.module, names)
        for name, array in bench.files.items():
            target = getattr(network.layer, name).data
            target.copy_(torch.tensor(array).reshape(target.shape))
    network.eval()
    with torch.no_grad():
        answer = eval(spelling.value, names)
    return expected, np.moveaxis(answer.numpy(), 1, -1)


def to_tensor(array):
    return torch.tensor(np.moveaxis(array, -1, 1).copy())


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [*SPELLED, *((parse(text).layer, (shape,)) for text, shape in TRICKY)],
    ids=lambda value: str(value),
)
def test_a_layer_answers_alike_in_pytorch(layer, shapes):
    expected, answer = run_layer(layer, shapes)
    assert answer.shape == expected.shape
    assert np.abs(answer - expected).max() <= 1e-5 * np.ptp(expected)


@pytest.mark.parametrize("text", ["upsample(2, linear)", "upsample(3x2, cubic, corners)"])
def test_an_upsample_is_spelled_for_images_of_any_size(text):
    layer = parse(text).layer
    bench = Bench(layer, ((5, 7, 2),), PREDICTION)
    expected, x = bench.answer(), to_tensor(bench.site.x[0][:IMAGES])
    place = Place(layer, ("x",), ((4, 4, 2),), "layer", layer.output_shape((4, 4, 2)))
    answer = eval(SPELLERS["upsample"](place).value, {"F": F, "x": x})
    assert np.moveaxis(answer.numpy(), 1, -1) == pytest.approx(expected, abs=1e-5)


def load_module(path):
    names = {"__name__": "network", "__file__": str(path)}
    exec(path.read_text(), names)
    return names


PRESETS = {
    "lenet5": (32, 36, 1),
    "resnet18": (64, 48, 3),
    "squeezenet": (64, 48, 3),
    "mobilenet_v2": (64, 48, 3),
    "googlenet": (64, 48, 3),
    "unet(4)": (32, 48, 1),
    "wavenet": (640, 1),
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_written_loaded_and_answers_alike(tmp_path, name):
    shape = PRESETS[name]
    path = tmp_path / "net.py"
    model = make_model(presets.get(name).text, shape)
    written = torch_module.write_model(str(path), model, Export(check=3))
    assert written.proof.max_rel <= 1e-5 and written.proof.against.startswith("PyTorch")
    names = load_module(path)
    inputs = np.random.default_rng(1).standard_normal((3, *shape), np.float32)
    expected = compute_logits(model, Inputs(inputs, inputs))
    with torch.no_grad():
        answer = np.moveaxis(names["load"]()(to_tensor(inputs)).numpy(), 1, -1)
    assert np.abs(answer - expected).max() <= 1e-5 * np.ptp(expected)
    assert names["CLASSES"] == model.classes


def test_the_weights_beside_the_module_give_back_the_model(run, tmp_path):
    model = make_model("conv(4, 3) >> bn >> relu >> dense(classes)", (20, 2))
    torch_module.write_model(str(tmp_path / "net.py"), model, Export(check=0))
    done = run("convert", tmp_path / "net.safetensors", tmp_path / "net.npz")
    assert done.returncode == 0, done.stderr
    assert digest_model(load_model(tmp_path / "net.npz")) == digest_model(model)


def test_the_file_reads_like_one_that_was_written_by_hand():
    text = "conv(4, 3, pad=1) >> relu >> (conv(4, 1) + id) >> dense(classes) >> softmax"
    source = write_source(make_model(text, (6, 8, 1)), "net.safetensors")
    body = re.search(r"        super.*?return x1\n", source, re.S)[0]
    assert (
        body
        == """\
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 4, 1)
        self.dense1 = nn.Linear(192, 7)

    def forward(self, x):
        x = self.conv1(x)
        x = F.relu(x)
        x1 = self.conv2(x)
        x1 = x1 + x
        x1 = self.dense1(x1.flatten(1))
        return x1
"""
    )


def test_a_module_that_answers_otherwise_is_not_written(tmp_path, monkeypatch):
    model = make_model("conv(4, 3) >> relu >> dense(classes)", (6, 8, 1))
    wrong = write_source(model, "net.safetensors").replace("F.relu(", "-F.relu(")
    monkeypatch.setattr(torch_module, "write_source", lambda *_: wrong)
    with pytest.raises(GateError, match="answers otherwise"):
        torch_module.write_model(str(tmp_path / "net.py"), model, Export())
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over_weights_that_are_there(tmp_path):
    (tmp_path / "net.safetensors").write_bytes(b"")
    model = make_model("dense(classes)", (6, 8, 1))
    with pytest.raises(UsageError, match=r"net\.safetensors: already exists"):
        torch_module.write_model(str(tmp_path / "net.py"), model, Export())
    assert not (tmp_path / "net.py").exists()


def test_layers_that_pytorch_has_no_words_for_are_all_named(monkeypatch):
    known = {kind: speller for kind, speller in SPELLERS.items() if kind not in ("conv", "relu")}
    monkeypatch.setattr("cnncli.exchange.torch_module.source.SPELLERS", known)
    model = make_model("conv(4, 3) >> relu >> dense(classes)", (6, 8, 1))
    with pytest.raises(ArchitectureError, match="no module of PyTorch is written for conv, relu"):
        write_source(model, "net.safetensors")


def test_the_command_writes_both_files_and_says_how_near_pytorch_comes(run, model, tmp_path):
    done = run("convert", model, tmp_path / "net.py", "--json")
    assert done.returncode == 0, done.stderr
    checked = json.loads(done.stdout)["checked"]
    assert checked["inputs"] == 16 and checked["top1_agree"] and checked["max_rel"] < 1e-5
    assert "its weights are in" in done.stderr
    assert {path.suffix for path in tmp_path.iterdir()} == {".py", ".safetensors"}
