import json

import numpy as np
import pytest
from PIL import Image


def test_a_score_is_a_table_a_chart_or_json(inspect, folder, draw):
    arguments = ("model.npz", "--method", "occlusion", "--image", "image.png", "--score")
    heading, deletion, insertion = (
        line.split() for line in inspect(*arguments).stdout.split("\n")[:3]
    )
    assert heading == ["input", "class", "area", "random", "random_min", "random_max"]
    record = json.loads(inspect(*arguments, "--json").stdout)
    assert (record["layer"], record["method"], record["shape"]) == ("input", "occlusion", [2, 21])
    for row, curve in zip((deletion, insertion), record["curves"], strict=True):
        assert row[:2] == [curve["name"], curve["class"]]
        assert float(row[2]) == pytest.approx(curve["area"], rel=0.01)
        assert len(curve["curve"]) == len(curve["fractions"]) == len(curve["orders"][0]) == 21
        assert curve["random_min"] <= curve["random"] <= curve["random_max"]
    assert inspect(*arguments, "-o", "score.png").returncode == 0
    with Image.open(folder / "score.png") as picture:
        assert picture.width > 500
    assert inspect(*arguments, "-o", "score.npz").returncode == 0
    with np.load(folder / "score.npz") as arrays:
        assert arrays["labels"].tolist() == ["deletion", "insertion"]
        assert (arrays["occlusion"].shape, arrays["orders"].shape) == ((2, 21), (2, 10, 21))
    assert "insertion: area" in draw(*arguments)


def test_a_score_is_the_same_bytes_for_any_number_of_threads(inspect):
    arguments = ("model.npz", "--method", "gradcam", "--image", "image.png", "--score", "--json")
    assert (
        inspect(*arguments, "--threads", "1").stdout == inspect(*arguments, "--threads", "2").stdout
    )
