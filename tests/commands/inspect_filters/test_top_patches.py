import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def data(tmp_path):
    """A folder of two images and of a file that is none."""
    folder = tmp_path / "data"
    folder.mkdir()
    for number, level in enumerate((80, 240)):
        pixels = np.zeros((8, 8), np.uint8)
        pixels[2, 3] = level
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_top_patches_are_listed_with_their_places(inspect, data):
    done = inspect("model.npz", "--method", "top-patches(1)", "--data", data, "--json")

    first, second = json.loads(done.stdout)["filters"]
    assert (done.returncode, done.stderr) == (0, "")
    assert (first["name"], first["dead"], first["max"]) == (
        "relu1:0",
        False,
        pytest.approx(480 / 255),
    )
    assert first["patches"] == [
        {
            "path": f"{data}/1.png",
            "activation": pytest.approx(480 / 255),
            "at": [2, 3],
            "field": [1, 2, 4, 5],
        }
    ]
    assert (second["dead"], second["patches"]) == (True, [])


def test_top_patches_are_drawn_and_stored(inspect, data, tmp_path):
    arguments = ("model.npz", "--method", "top-patches", "--data", data, "-o")

    done = inspect(*arguments, tmp_path / "patches.png")
    inspect(*arguments, tmp_path / "patches.npz")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with Image.open(tmp_path / "patches.png") as picture:
        assert (240, 240, 240) in {color for _, color in picture.getcolors(1 << 20)}
    with np.load(tmp_path / "patches.npz", allow_pickle=False) as arrays:
        assert arrays["top-patches"].shape == (2, 9, 3, 3, 1)
        assert arrays["top-patches"][0, 0, 1, 1, 0] == 240
        assert arrays["deconvolutions"].shape == (2, 9, 3, 3, 1)
        assert arrays["paths"][0, :3].tolist() == [f"{data}/1.png", f"{data}/0.png", ""]


def test_top_patches_leave_out_what_cannot_be_read(inspect, data):
    (data / "2.png").write_text("no image")

    done = inspect("model.npz", "--method", "top-patches", "--data", data)

    first, last = done.stderr.splitlines()
    assert (done.returncode, len(done.stdout.splitlines())) == (4, 3)
    assert first.startswith(f"cnncli: {data}/2.png: not a readable image")
    assert last == "cnncli: samples that were left out: 1; see above"


def test_top_patches_are_drawn_in_a_terminal(draw, data):
    text = draw("model.npz", "--method", "top-patches", "--data", str(data), "--no-color")

    assert "relu1 · the 9 patches 3x3 that excite each filter most\n" in text
    assert "1 · dead" in text
