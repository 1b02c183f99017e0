"""Weights as torchvision and Hugging Face publish them become models that answer as PyTorch."""

import json
import struct

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; .ci/run installs it")
from torch_published import (  # noqa: E402
    MobileNetV2,
    ResNet18,
    SqueezeNet,
    make_network,
    rename_as_hugging_face,
)

import cnncli  # noqa: E402

CLASSES, SHAPE = 5, (96, 64, 3)


def save_sorted(state, path):
    """Write a .safetensors file as its library does: arrays sorted by their names."""
    header, data = {}, b""
    for name, tensor in sorted(state.items()):
        kind = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64"}[tensor.dtype]
        content = tensor.numpy().tobytes()
        places = [len(data), len(data) + len(content)]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": places}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def save_zip(state, path):
    torch.save(state, path)


def save_legacy(state, path):
    wrapped = {f"module.{name}": tensor for name, tensor in state.items()}
    content = {"epoch": 90, "state_dict": wrapped}
    torch.save(content, path, _use_new_zipfile_serialization=False)


SAVERS = {"w.safetensors": save_sorted, "w.pth": save_zip, "w.th": save_legacy}
PUBLISHED = {"resnet18": ResNet18, "squeezenet": SqueezeNet, "mobilenet_v2": MobileNetV2}


def check_answers(run, network, source, arch, tolerance=1e-5):
    target = source.with_name("m.npz")
    size = "x".join(map(str, SHAPE))
    done = run("convert", source, target, "--arch", arch, "--input", size)
    assert done.returncode == 0, done.stderr
    inputs = np.random.default_rng(1).standard_normal((2, *SHAPE), np.float32)
    with torch.no_grad():
        expected = network(torch.tensor(inputs).movedim(-1, 1)).numpy()
    answer = cnncli.load(target).run(inputs)["logits"]
    assert np.abs(answer - expected).max() <= tolerance * np.ptp(expected)


FILES = [(arch, "w.safetensors") for arch in PUBLISHED]
FILES += [("resnet18", "w.pth"), ("squeezenet", "w.th")]


@pytest.mark.parametrize(("arch", "name"), FILES)
def test_published_weights_answer_as_in_pytorch(run, tmp_path, arch, name):
    network = make_network(PUBLISHED[arch], CLASSES)
    SAVERS[name](network.state_dict(), tmp_path / name)
    check_answers(run, network, tmp_path / name, arch)


def test_names_of_hugging_face_are_known(run, tmp_path):
    network = make_network(ResNet18, CLASSES)
    save_sorted(rename_as_hugging_face(network.state_dict()), tmp_path / "w.safetensors")
    check_answers(run, network, tmp_path / "w.safetensors", "resnet18")


def test_weights_in_half_precision_answer_nearly_the_same(run, tmp_path):
    network = make_network(ResNet18, CLASSES)
    half = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in network.state_dict().items()
    }
    save_sorted(half, tmp_path / "w.safetensors")
    check_answers(run, network, tmp_path / "w.safetensors", "resnet18", tolerance=0.01)


def test_weights_of_another_network_are_refused(run, tmp_path):
    save_zip(make_network(SqueezeNet, CLASSES).state_dict(), tmp_path / "w.pth")
    done = run("convert", tmp_path / "w.pth", tmp_path / "m.npz", "--arch", "resnet18")
    assert done.returncode == 2
    assert "the weights in the file are not those of the architecture" in done.stderr
