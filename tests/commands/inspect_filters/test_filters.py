import json

import numpy as np
import pytest
from PIL import Image


def test_off_a_terminal_a_table_of_the_first_layer_is_printed(inspect):
    done = inspect("model.npz")

    assert done.stdout.splitlines() == [
        "conv1  norm   mean  min  max  similarity  words",
        "    0     2  0.222    0    2      -0.333  blob, light",
        "    1     3     -1   -1   -1      -0.333  flat",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_json_lists_the_numbers_of_each_filter(inspect):
    found = json.loads(inspect("model.npz", "--json").stdout)

    assert {name: value for name, value in found.items() if name != "filters"} == {
        "schema": 1,
        "command": "inspect-filters",
        "model": "model.npz",
        "layer": "conv1",
        "method": "filters",
        "image": None,
        "shape": [2, 1, 3, 3],
    }
    assert found["filters"][1] == {
        "name": "conv1:1",
        "index": 1,
        "dead": None,
        "norm": 3.0,
        "mean": -1.0,
        "min": -1.0,
        "max": -1.0,
        "similarity": pytest.approx(-1 / 3),
        "kind": "flat",
        "angle": None,
        "words": "flat",
    }


def test_filters_can_be_sorted(inspect):
    found = json.loads(inspect("model.npz", "--sort", "norm", "--json").stdout)

    assert [row["index"] for row in found["filters"]] == [1, 0]


def test_selectivity_needs_labeled_samples(inspect):
    done = inspect("model.npz", "--sort", "selectivity")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "cnncli: --sort selectivity needs labeled samples; give a set with --data\n"
    )


def test_with_labeled_samples_the_class_that_a_filter_prefers_is_known(inspect, tmp_path):
    for name, level in (("cat", 0), ("dog", 200)):
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((8, 8), level, np.uint8)).save(tmp_path / name / "0.png")

    done = inspect("model.npz", "--data", str(tmp_path), "--sort", "selectivity")

    assert [line.split()[-3:] for line in done.stdout.splitlines()[1:2]] == [
        ["dog", "blob,", "light"]
    ]


def test_what_has_no_filters_is_not_sorted(inspect):
    arguments = ("--method", "saliency", "--image", "image.png", "--sort", "norm")

    assert inspect("model.npz", *arguments).stderr == (
        "cnncli: --sort is not for --method saliency; leave it out\n"
    )


def test_with_an_image_it_is_known_which_filters_are_dead(inspect):
    found = json.loads(inspect("model.npz", "--image", "image.png", "--json").stdout)

    assert [one["dead"] for one in found["filters"]] == [False, True]


def test_any_layer_can_be_named(inspect):
    arguments = ("--method", "activations", "--layer", "maxpool1", "--image", "image.png")

    assert json.loads(inspect("model.npz", *arguments, "--json").stdout)["shape"] == [4, 4, 2]


def test_filters_are_shown_alone_and_in_the_order_given(inspect):
    done = inspect("model.npz", "--filter", "1,0")

    assert done.stdout.splitlines() == [
        "conv1  norm   mean  min  max  similarity  words",
        "    1     3     -1   -1   -1      -0.333  flat",
        "    0     2  0.222    0    2      -0.333  blob, light",
    ]
    found = json.loads(inspect("model.npz", "--filter", "1", "--json").stdout)
    assert (found["shape"], [row["name"] for row in found["filters"]]) == (
        [1, 1, 3, 3],
        ["conv1:1"],
    )
