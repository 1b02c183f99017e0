import json

import numpy as np


def test_a_shift_is_a_table_a_chart_or_json(inspect, folder, draw):
    arguments = ("model.npz", "--method", "shift(3)", "--image", "image.png")
    lines = inspect(*arguments).stdout.splitlines()
    assert lines[0].split() == ["network", "jump", "moved", "same"]
    layers = ["relu1", "maxpool1", "relu2", "dense1", "logits"]
    assert [line.split()[0] for line in lines[1:]] == layers
    record = json.loads(inspect(*arguments, "--json").stdout)
    assert [len(layer["same"]) for layer in record["layers"]] == [4] * 5
    assert record["layers"][-1]["largest"][0] in ("cat", "dog")
    assert record["layers"][-1]["moved"] == [None] * 4
    done = inspect(*arguments, "-o", "shift.png")
    assert done.returncode == 0 and (folder / "shift.png").stat().st_size > 1000
    assert inspect(*arguments, "-o", "shift.npz").returncode == 0
    with np.load(folder / "shift.npz") as arrays:
        assert arrays["labels"].tolist() == layers
        assert arrays["shift"].shape == (5, 2, 4)
    done = inspect("model.npz", "--method", "shift(8)", "--image", "image.png")
    assert done.returncode == 2 and "give shift(2)" in done.stderr
    assert "equivariance" in draw(*arguments)
