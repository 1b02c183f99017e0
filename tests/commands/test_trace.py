import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def trace(run, model, image):
    """Trace a neuron of the trained model on an image of rows."""
    return lambda at, *arguments: run("trace", model, image, "--at", at, *arguments)


def test_a_neuron_is_printed_from_what_it_sees_to_what_it_feeds(trace, image):
    done = trace("conv1:2,3,4")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"conv1:2,3,4 · conv(4, 3) · {image.name}"
    assert lines[1] == "sees      rows 3 to 5, columns 4 to 6 of the input"
    assert [line.split()[0] for line in lines[-5:]] == ["sum", "bias", "output", "relu1", "feeds"]
    assert lines[-1] == "feeds     maxpool1 at row 1, column 2"


def test_json_has_all_the_numbers_and_they_add_up(trace, run, model, image):
    record = json.loads(trace("conv1:2,3,4", "--json").stdout)
    assert record["command"] == "trace"
    assert (record["layer"], record["filter"], record["at"]) == ("conv1", 2, [3, 4])
    assert record["field"] == [3, 4, 6, 7]
    products = np.array(record["products"])
    assert products.shape == (1, 3, 3)
    assert products == pytest.approx(np.array(record["patch"]) * record["weights"], rel=1e-6)
    assert record["sum"] == pytest.approx(products.sum())
    rounding = 10 * 2**-24 * (abs(products).sum() + abs(record["bias"]))
    assert abs(record["sum"] + record["bias"] - record["output"]) <= rounding
    assert record["activation"] == {"relu1": max(record["output"], 0)}
    assert record["feeds"] == ["maxpool1"]
    done = run("predict", model, image, "--json", "--output-kind", "features:conv1")
    assert json.loads(done.stdout)["features"][3][4][2] == pytest.approx(record["output"], rel=1e-6)


def test_a_dense_unit_answers_for_its_class(trace):
    assert trace("dense1:2").stdout.endswith("feeds     the answer for rows\n")


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("conv1:9,0,0", "conv1 has no filter 9; its filters are 0 to 3"),
        ("conv1", "--at 'conv1': write a layer and numbers from 0 on, such as conv1:3,14,14"),
        ("conv1:-1,0,0", "--at 'conv1:-1,0,0': write a layer and numbers from 0 on"),
        ("relu1:0,0,0", "no layer 'relu1' with filters or windows; there is conv1, maxpool1,"),
    ],
)
def test_a_neuron_that_there_is_not_is_refused(trace, at, said):
    done = trace(at)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"cnncli: {said}")
    assert len(done.stderr.splitlines()) == 1


def test_an_image_that_cannot_be_read_and_a_file_that_is_no_model_have_their_codes(
    run, model, image, tmp_path
):
    assert run("trace", model, tmp_path / "no.png", "--at", "conv1:0,0,0").returncode == 3
    assert run("trace", image, image, "--at", "conv1:0,0,0").returncode == 5
    done = run("trace", "-", "-", "--at", "conv1:0,0,0")
    assert done.returncode == 2
    assert "give - once" in done.stderr


def test_the_arithmetic_is_drawn_beside_the_image(trace, tmp_path):
    path = tmp_path / "neuron.png"
    done = trace("conv1:2,3,4", "-o", path)
    assert (done.returncode, done.stdout) == (0, "")
    with Image.open(path) as picture:
        assert picture.width > 600 and picture.height > 300
    again = trace("conv1:2,3,4", "-o", path)
    assert again.returncode == 2 and "exists" in again.stderr
    assert trace("conv1:2,3,4", "-o", tmp_path / "neuron.gif").returncode == 2
    assert trace("conv1:9,3,4", "-o", tmp_path / "none.png").returncode == 2
    assert [file.name for file in tmp_path.iterdir()] == ["neuron.png"]
