"""The command `convert`: models out to other formats and back, and weights of others in."""

import json

import numpy as np
import pytest

ARCH = "conv(4, 3) >> relu >> maxpool >> dense(classes)"


def make_arrays():
    """Return weights for ARCH on 8x10x1, under names as a training script gives them."""
    random = np.random.default_rng(1)
    shapes = {"body.0.weight": (4, 1, 3, 3), "body.0.bias": (4,)}
    shapes |= {"head.weight": (3, 48), "head.bias": (3,)}
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


@pytest.fixture
def arrays(tmp_path):
    path = tmp_path / "weights.npz"
    np.savez(path, **make_arrays())
    return path


def test_a_model_that_goes_out_to_safetensors_and_back_is_the_same_file(run, model, tmp_path):
    between, back = tmp_path / "m.safetensors", tmp_path / "m.npz"
    assert run("convert", model, between).returncode == 0
    done = run("convert", between, back, "--json")
    assert back.read_bytes() == model.read_bytes()
    record = json.loads(done.stdout)
    assert (record["command"], record["target"]) == ("convert", str(back))
    assert record["params"] == 4 * 9 + 4 + 3 * 48 + 3
    assert record["arch"] == ARCH.replace("classes", "3").replace("maxpool", "maxpool")
    assert done.stderr == ""


def test_weights_of_a_network_that_is_given_become_a_model(run, arrays, image, tmp_path):
    target = tmp_path / "m.npz"
    settings = ["--input", "8x10x1", "--classes", "a,b,c", "--preprocessing", "unit"]
    settings += ["--check", "0"]
    done = run("convert", arrays, target, "--arch", ARCH, *settings)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{target}: 187 parameters, 3 outputs\n"
    assert "4 arrays of float64 converted to float32" in done.stderr
    answer = json.loads(run("predict", target, image, "--json").stdout)
    assert answer["label"] in {"a", "b", "c"}
    weights = np.load(target)
    stored = make_arrays()
    assert np.array_equal(weights["conv1/weight"], stored["body.0.weight"].astype(np.float32))
    assert np.array_equal(weights["dense1/bias"], stored["head.bias"].astype(np.float32))


def test_without_names_classes_are_as_many_as_the_weights_say(run, arrays, tmp_path):
    settings = ["--arch", ARCH, "--input", "8x10x1", "--check", "0"]
    done = run("convert", arrays, tmp_path / "m.npz", *settings)
    assert "the classes are called 0 to 2; convert with --classes names them" in done.stderr
    assert "preprocessing: unit; convert with --preprocessing chooses another" in done.stderr
    assert done.stdout.endswith("3 outputs\n")


def test_weights_answer_in_pytorch_as_in_the_model_made_of_them(run, arrays, tmp_path):
    pytest.importorskip("torch", reason="needs PyTorch, to compare with")
    settings = ["--arch", ARCH, "--input", "8x10x1", "--check", "5", "--json"]
    done = run("convert", arrays, tmp_path / "m.npz", *settings)
    checked = json.loads(done.stdout)["checked"]
    assert checked["against"].startswith("PyTorch ")
    assert checked["inputs"] == 5
    assert checked["max_rel"] < 1e-5
    assert checked["top1_agree"] == 1


def test_a_model_of_ours_has_nothing_to_be_compared_with(run, model, tmp_path):
    done = run("convert", model, tmp_path / "m.npz", "--check", "5")
    assert "not checked, for no other program has this network" in done.stderr


def test_classes_of_a_model_are_renamed(run, model, tmp_path):
    target = tmp_path / "m.npz"
    assert run("convert", model, target, "--classes", "x,y,z").returncode == 0
    manifest = json.loads(bytes(np.load(target)["manifest"]))
    assert manifest["classes"] == ["x", "y", "z"]


def test_all_arrays_that_do_not_fit_are_listed(run, arrays, tmp_path):
    arch = ["--arch", "conv(4, 5) >> dense(7) >> dense(classes)", "--input", "8x10x1"]
    done = run("convert", arrays, tmp_path / "m.npz", *arch)
    assert done.returncode == 2
    *details, last = done.stderr.splitlines()
    assert "cnncli: body.0 weight 4x1x3x3, bias 4: left over" in details
    assert "cnncli: layer conv1 weight 4x1x5x5, bias 4: nothing in the file fits" in details
    assert last.startswith(f"cnncli: {arrays}: the weights in the file are not those of the")
    done = run("convert", arrays, tmp_path / "m.npz", *arch, "--json")
    error = json.loads(done.stderr)["error"]
    assert (error["code"], error["path"]) == ("architecture", str(arrays))
    assert len(error["details"]) == len(details)
    assert not (tmp_path / "m.npz").exists()


@pytest.mark.parametrize(
    ("ending", "tool"),
    [("h5", "tf2onnx"), ("keras", "tf2onnx"), ("tflite", "tf2onnx"), ("caffemodel", "caffe2onnx")],
)
def test_formats_that_are_not_read_are_refused_with_the_way_through_onnx(call, ending, tool):
    done = call("convert", f"m.{ending}", "m.npz")
    assert done.returncode == 5
    assert done.stderr == (
        f"cnncli: m.{ending}: .{ending} files are not read; "
        f"make an .onnx file of it with {tool}, or take one\n"
    )


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["w.npz", "m.npz"], "holds weights alone, not their network; convert it with --arch"),
        (["w.npz", "m.npz", "--arch", ARCH], "--input is missing"),
        (["w.npz", "m.npz", "--arch", "no_net"], "no preset and no layer is called 'no_net'"),
        (["w.npz", "m.keras"], ".keras files are not written"),
        (["w.npz", "m.xyz"], "m.xyz: ends in .xyz, and networks are written as .npz"),
        (["w", "m.npz"], "w: has no ending, and networks are read as .npz"),
        (["w.npz", "w.npz"], "w.npz: already exists; use -f to overwrite it"),
        (["w.npz", "m.npz", "--arch", ARCH, "--input", "8x10x1", "--classes", "a,b"],
         "the weights in the file are not those|2 names for the 3 outputs"),
    ],
)  # fmt: skip
def test_wrong_use_is_refused_in_a_line(call, arrays, tmp_path, monkeypatch, arguments, fault):
    arrays.rename(tmp_path / "w.npz")
    monkeypatch.chdir(tmp_path)
    done = call("convert", *arguments)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert any(part in last for part in fault.split("|")), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["w.npz"]


def test_a_network_that_is_given_beside_one_that_the_file_has_is_refused(run, model, tmp_path):
    done = run("convert", model, tmp_path / "m.npz", "--arch", "lenet5")
    assert done.returncode == 2
    assert "the file says itself what its network is; leave out --arch" in done.stderr


def test_a_damaged_file_is_refused_with_the_code_for_model_files(run, model, tmp_path):
    path = tmp_path / "m.safetensors"
    run("convert", model, path)
    path.write_bytes(path.read_bytes()[:-1])
    done = run("convert", path, tmp_path / "back.npz")
    assert done.returncode == 5
    assert done.stderr.startswith(f"cnncli: {path}: its arrays have")


def test_a_missing_file_is_named(run, tmp_path):
    done = run("convert", tmp_path / "no.safetensors", tmp_path / "m.npz", "--arch", "lenet5")
    assert done.returncode == 5
    assert "no.safetensors: no such file" in done.stderr
