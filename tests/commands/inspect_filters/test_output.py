import io
import json

import numpy as np
import pytest
from PIL import Image

PIXELS = np.arange(0, 256, 4, dtype=np.uint8).reshape(8, 8)


def test_a_png_is_drawn(inspect, tmp_path):
    done = inspect("model.npz", "-o", str(tmp_path / "filters.png"))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with Image.open(tmp_path / "filters.png") as picture:
        assert picture.mode == "RGB"
        colors = {color: count for count, color in picture.getcolors(1 << 20)}
    assert colors[236, 229, 225] >= 8 * 32 * 32  # zero, at 32 pixels for each weight


def test_a_png_of_activations_has_the_image_beside_them(inspect, tmp_path):
    output = str(tmp_path / "maps.png")
    inspect("model.npz", "--method", "activations", "--image", "image.png", "-o", output)

    with Image.open(output) as picture:
        colors = {color: count for count, color in picture.getcolors(1 << 20)}
    assert colors[100, 100, 100] >= 28 * 28


def test_npz_holds_the_arrays(inspect, tmp_path):
    output = str(tmp_path / "maps.npz")
    inspect("model.npz", "--method", "activations", "--image", "image.png", "-o", output)

    with np.load(output, allow_pickle=False) as arrays:
        found = dict(arrays)
    assert (found["image"][..., 0] == PIXELS).all()
    assert found["activations"][..., 0] == pytest.approx(PIXELS * (2 / 255), rel=1e-6)
    assert found["dead"].tolist() == [False, True]


@pytest.mark.parametrize("layer", ["conv1", "maxpool1", "dense1"])
def test_npz_and_features_of_a_prediction_are_laid_out_alike(inspect, run, folder, tmp_path, layer):
    output = str(tmp_path / "maps.npz")
    inspect(
        "model.npz", "--method", "activations", "--layer", layer, "--image", "image.png",
        "-o", output,
    )  # fmt: skip
    with np.load(output) as arrays:
        maps = arrays["activations"]
    kind = ("--output-kind", f"features:{layer}")
    done = run("predict", "model.npz", "image.png", "--json", *kind, cwd=folder)
    features = np.array(json.loads(done.stdout)["features"])
    assert features.shape == maps.shape
    assert features == pytest.approx(maps, rel=1e-5)


def test_an_output_and_json_can_be_had_together(inspect, tmp_path):
    done = inspect("model.npz", "-o", str(tmp_path / "filters.npz"), "--json")

    assert json.loads(done.stdout)["layer"] == "conv1"
    with np.load(tmp_path / "filters.npz") as arrays:
        assert arrays["filters"].shape == (2, 1, 3, 3)


def test_a_picture_that_does_not_hold_all_says_so(inspect, tmp_path):
    done = inspect("model.npz", "--layer", "conv2", "-o", str(tmp_path / "conv2.png"))

    assert done.stderr.endswith(
        "conv2.png: the first 64 of 70 filters; a name that ends in .npz gets all of them\n"
    )


def test_an_existing_file_is_overwritten_only_by_force(inspect, tmp_path):
    output = tmp_path / "filters.png"
    output.write_text("mine")

    done = inspect("model.npz", "-o", str(output))

    assert (done.returncode, output.read_text()) == (2, "mine")
    assert "already exists; use -f" in done.stderr
    assert inspect("model.npz", "-o", str(output), "-f").returncode == 0
    assert output.read_bytes().startswith(b"\x89PNG")


def test_a_picture_can_go_to_stdout(inspect):
    done = inspect("model.npz", "-o", "-", text=False)

    with Image.open(io.BytesIO(done.stdout)) as picture:
        assert picture.format == "PNG"


def test_an_image_can_come_from_stdin(inspect, folder):
    with (folder / "image.png").open("rb") as image:
        done = inspect("model.npz", "--image", "-", "--json", stdin=image)

    assert [one["dead"] for one in json.loads(done.stdout)["filters"]] == [False, True]
