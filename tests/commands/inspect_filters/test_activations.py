import json

import pytest


def test_activations_are_those_behind_the_first_filters(inspect):
    done = inspect("model.npz", "--method", "activations", "--image", "image.png", "--json")

    found = json.loads(done.stdout)
    assert (found["layer"], found["image"], found["shape"]) == ("relu1", "image.png", [8, 8, 2])
    first, second = found["filters"]
    assert first["max"] == pytest.approx(2 * 252 / 255, rel=1e-6)
    assert (first["zeros"], first["dead"]) == (1 / 64, False)
    assert (second["norm"], second["zeros"], second["dead"]) == (0.0, 1.0, True)


def test_activations_say_where_their_maxima_are(inspect):
    done = inspect("model.npz", "--method", "activations", "--image", "image.png", "--json")

    first, second = json.loads(done.stdout)["filters"]
    assert (first["at"], first["field"]) == ([7, 7], [6, 6, 8, 8])
    assert (second["at"], second["field"]) == ([0, 0], [0, 0, 2, 2])


def test_activations_are_listed_with_the_largest_maximum_first(inspect):
    arguments = ("--method", "activations", "--image", "image.png", "--layer", "conv2")

    lines = inspect("model.npz", *arguments).stdout.splitlines()

    maxima = [float(line.split()[4]) for line in lines[1:]]
    assert len(maxima) == 70 and maxima == sorted(maxima, reverse=True)
    chosen = inspect("model.npz", *arguments, "--filter", "3,1,2").stdout.splitlines()
    assert [line.split()[0] for line in chosen[1:]] == ["3", "1", "2"]


def test_activations_are_drawn_over_the_image(inspect, tmp_path):
    arguments = ("--method", "activations", "--image", "image.png", "-f", "-o")

    inspect("model.npz", *arguments, str(tmp_path / "maps.png"))
    done = inspect("model.npz", *arguments, str(tmp_path / "over.png"), "--overlay")

    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "over.png").read_bytes() != (tmp_path / "maps.png").read_bytes()
