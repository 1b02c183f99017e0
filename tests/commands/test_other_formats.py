"""Commands that take a model take the file of another tool in its place."""

import json

import numpy as np
import pytest

from cnncli.model_file import load_model

ARCH = "conv(4, 3) >> relu >> maxpool >> dense(classes)"


@pytest.fixture(scope="module")
def described(run, model, tmp_path_factory):
    """The model as a file that says what its network is."""
    path = tmp_path_factory.mktemp("described") / "m.safetensors"
    assert run("convert", model, path).returncode == 0
    return path


@pytest.fixture(scope="module")
def weights(model, tmp_path_factory):
    """The weights alone, and the text of their network."""
    folder = tmp_path_factory.mktemp("weights")
    arrays = load_model(model).weights
    np.savez(folder / "w.npz", **{name.replace("/", "."): arrays[name] for name in arrays})
    (folder / "net.cnn").write_text(f"# input: 8x10x1\n{ARCH}\n")
    return folder / "w.npz", f"@{folder / 'net.cnn'}"


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "MODEL", "IMAGE", "--json"),
        ("evaluate", "MODEL", "DATA", "--json"),
        ("inspect-filters", "MODEL", "--json"),
        ("inspect-filters", "MODEL", "--method", "gradcam", "--image", "IMAGE", "--json"),
        ("trace", "MODEL", "IMAGE", "--at", "conv1:0,1,1"),
        ("shape-calc", "MODEL", "--json"),
        ("draw", "MODEL", "--format", "dot"),
    ],
    ids=lambda arguments: " ".join(arguments[:4]),
)
def test_a_file_that_says_what_its_network_is_answers_as_the_model(
    call, model, described, patterns, image, arguments
):
    def answer(path):
        places = {"MODEL": path, "IMAGE": image, "DATA": patterns}
        done = call(*(places.get(argument, argument) for argument in arguments))
        assert done.returncode == 0, done.stderr
        return done.stdout.replace(str(path), "MODEL").replace(path.name, "MODEL")

    assert answer(described) == answer(model)


def test_bench_takes_it(run, described):
    done = run("bench", described, "--seconds", "0.1", "--mode", "predict", "--json")
    assert json.loads(done.stdout)["images_per_second"] > 0


def test_a_training_begins_from_it(run, described, patterns, tmp_path):
    done = run(
        "train", patterns, "-o", tmp_path / "m.npz", "--init-from", described, "--epochs", "1"
    )
    assert done.returncode == 0, done.stderr
    assert "4 arrays are taken over" in done.stderr


def test_weights_alone_answer_with_the_network_that_is_given(run, model, weights, image):
    path, arch = weights
    done = run("predict", path, image, "--arch", arch, "--output-kind", "logits", "--json")
    assert "the classes are called 0 to 2" in done.stderr
    assert len(json.loads(done.stdout)["logits"]) == 3


def test_without_the_network_it_is_asked_for(run, weights, image):
    done = run("predict", weights[0], image)
    assert done.returncode == 5  # an .npz file is taken for a model
    done = run("predict", weights[0], image, "--arch", "lenet5")
    assert done.returncode == 2 and "not those of the architecture" in done.stderr


def test_formats_that_are_not_read_are_named(run, image):
    done = run("predict", "m.keras", image)
    assert done.returncode == 5
    assert done.stderr == (
        "cnncli: m.keras: .keras files are not read; make an .onnx file of it with tf2onnx, or "
        "take one\n"
    )


def test_formats_that_are_written_alone_are_named(run, image):
    done = run("predict", "m.py", image)
    assert done.returncode == 5
    assert "m.py: .py files are written, not read; give the network it was made from" in done.stderr


def test_a_text_in_a_file_of_any_name_is_still_a_text(run, tmp_path):
    (tmp_path / "net.py").write_text("dense(3)\n")
    done = run("shape-calc", f"@{tmp_path / 'net.py'}", "--input", "4x4x1")
    assert done.returncode == 0, done.stderr
