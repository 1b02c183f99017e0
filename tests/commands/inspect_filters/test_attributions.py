import json

import numpy as np
import pytest
from PIL import Image

from cnncli.trained.model import load

CAMS = ("gradcam", "gradcam++", "layercam", "scorecam", "eigencam")
SIGNED = ("deconv", "guided", "gradient-x-input", "integrated-gradients", "occlusion")


@pytest.mark.parametrize("name", [*CAMS, *SIGNED, "saliency", "smoothgrad"])
def test_a_method_lists_stores_and_draws_a_map_over_the_image(inspect_here, tmp_path, name):
    arguments = ("model.npz", "--method", name, "--image", "image.png")

    done = inspect_here(*arguments, "-o", str(tmp_path / "map.npz"), "--json")

    found = json.loads(done.stdout)
    assert (done.returncode, found["method"], found["shape"]) == (0, name, [1, 8, 8])
    assert found["layer"] == ("relu2" if name in CAMS else "input")
    (row,) = found["maps"]
    assert row["target"] in (("relu2",) if name == "eigencam" else ("cat", "dog"))
    with np.load(tmp_path / "map.npz") as arrays:
        assert arrays["labels"].tolist() == [row["target"]]
        assert arrays["image"].shape == (8, 8, 1)
        (pixels,) = arrays[name]
    assert pixels.sum() == pytest.approx(row["sum"], rel=1e-4)
    assert (pixels.min(), pixels.max()) == pytest.approx((row["min"], row["max"]))
    assert pixels.min() >= 0 or name in SIGNED
    assert inspect_here(*arguments, "-o", str(tmp_path / "map.png")).stdout == ""
    with Image.open(tmp_path / "map.png") as picture:
        assert picture.width > 300


def test_a_map_is_that_of_the_gradient_in_python(inspect, folder, tmp_path):
    trained = load(folder / "model.npz")
    x = trained.prepare(folder / "image.png")
    gradient = trained.gradients(x, of="dog")["input"][..., 0]

    for name, expected in (("saliency", abs(gradient)), ("gradient-x-input", gradient * x[..., 0])):
        output = str(tmp_path / f"{name}.npz")
        inspect(
            "model.npz", "--method", name, "--class", "dog", "--image", "image.png", "-o", output
        )
        with np.load(output) as arrays:
            assert arrays[name][0] == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_the_completeness_of_integrated_gradients_is_printed(inspect):
    done = inspect("model.npz", "--method", "integrated-gradients", "--image", "image.png")

    heading, row = (line.split() for line in done.stdout.splitlines())
    assert heading[-2:] == ["difference", "completeness"]
    assert float(row[-1]) == pytest.approx(1, abs=0.01)


def test_a_setting_of_a_method_changes_its_map(inspect):
    def measure(method):
        arguments = ("--method", method, "--image", "image.png", "--json")
        return json.loads(inspect("model.npz", *arguments).stdout)["maps"][0]["max"]

    assert measure("smoothgrad") == measure("smoothgrad(25, 0.15)")
    assert measure("smoothgrad") != measure("smoothgrad(seed=1)")
    assert measure("occlusion(2, 2)") != measure("occlusion(4, 2)")


def test_filters_of_a_layer_are_explained_where_it_is_named(inspect):
    arguments = ("--method", "saliency", "--layer", "conv2", "--filter", "3,1", "--image")

    found = json.loads(inspect("model.npz", *arguments, "image.png", "--json").stdout)

    assert [row["target"] for row in found["maps"]] == ["conv2:3", "conv2:1"]


def test_saliency_lists_what_its_map_explains(inspect):
    done = inspect("model.npz", "--method", "saliency", "--image", "image.png", "--json")

    found = json.loads(done.stdout)
    assert (found["layer"], found["shape"]) == ("input", [1, 8, 8])
    (row,) = found["maps"]
    assert row["target"] in ("cat", "dog") and row["max"] > 0 == pytest.approx(min(0, row["min"]))


def test_the_class_to_explain_can_be_named(inspect):
    arguments = ("--method", "saliency", "--image", "image.png", "--json")

    targets = [
        json.loads(inspect("model.npz", *arguments, "--class", name).stdout)["maps"][0]["target"]
        for name in ("cat", "dog")
    ]

    assert targets == ["cat", "dog"]


def test_a_map_of_zeros_is_said_to_be_one(inspect, folder):
    Image.new("L", (8, 8)).save(folder / "black.png")
    arguments = ("--method", "gradcam", "--class", "cat", "--image")

    done = inspect("model.npz", *arguments, "black.png")

    assert done.returncode == 0 and " 0 " in done.stdout
    assert "the map of cat is zero everywhere" in done.stderr
    assert "zero everywhere" not in inspect("model.npz", *arguments, "image.png").stderr
