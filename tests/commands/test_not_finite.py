"""Answers that are no numbers: failed items wherever they occur, never right ones."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

SQUARE = "conv(4, 5) >> (id * id) >> global_avgpool >> dense(classes)"


@pytest.fixture(scope="module")
def folder(run, tmp_path_factory):
    """Signals and three models on which a huge signal overflows."""
    folder = tmp_path_factory.mktemp("huge")
    rows = {"kind": ["path,label"], "level": ["path,level"], "tags": ["path,label"]}
    for i in range(24):
        level = i % 4
        np.save(folder / f"{i}.npy", [float((level + 1) * ((i + j) % 7 - 3)) for j in range(60)])
        rows["kind"].append(f"{i}.npy,{'ab'[level // 2]}")
        rows["level"].append(f"{i}.npy,{level}")
        rows["tags"].append(f"{i}.npy,{['a', 'b', 'a|b', ''][level]}")
    np.save(folder / "huge.npy", np.full(60, 9e29))
    for name, lines in rows.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        done = run(
            "train", f"{name}.csv", "-o", f"{name}.npz", "--arch", SQUARE, "--epochs", "1",
            "-b", "8", cwd=folder,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        last = {"kind": "a", "level": "1", "tags": "a"}[name]
        column = "level" if name == "level" else "label"
        lines = [f"path,{column}", *rows[name][1:5], f"huge.npy,{last}"]
        (folder / f"{name}-test.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.mark.parametrize("name", ["kind", "level", "tags"])
def test_predict_reports_it_in_its_place_and_goes_on(call, folder, name):
    done = call("predict", f"{name}.npz", "1.npy", "huge.npy", "2.npy", "--json", cwd=folder)
    first, bad, last = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 4
    assert "not finite" in bad["error"]
    assert "error" not in first
    assert "error" not in last
    plain = call("predict", f"{name}.npz", "huge.npy", cwd=folder)
    assert plain.returncode == 4
    assert plain.stdout.startswith("huge.npy: error: the network's answer is not finite")


@pytest.mark.parametrize("kind", ["logits", "features:dense1", "features:multiply1"])
def test_other_kinds_of_output_fail_alike(run, folder, kind):
    arguments = ("huge.npy", "1.npy", "--json", "--output-kind", kind)
    done = run("predict", "kind.npz", *arguments, cwd=folder)
    bad, good = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, list(bad)) == (4, ["path", "error"])
    assert "error" not in good


@pytest.mark.parametrize("name", ["kind", "level", "tags"])
def test_evaluate_exits_with_4_and_a_gate_with_6(call, folder, name):
    done = call("evaluate", f"{name}.npz", f"{name}-test.csv", "--json", cwd=folder)
    assert done.returncode == 4
    assert json.loads(done.stdout)["failed"] == 1
    assert "1 of 5 signals got an answer that is not finite (huge.npy)" in done.stderr
    gated = call("evaluate", f"{name}.npz", f"{name}-test.csv", "--fail-under", "0", cwd=folder)
    assert gated.returncode == 6


def test_per_image_leaves_the_prediction_empty(run, folder):
    done = run("evaluate", "kind.npz", "kind-test.csv", "--per-image", "-", cwd=folder)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert rows[-1]["path"] == "huge.npy"
    assert rows[-1]["predicted"] == ""
    assert all(row["predicted"] for row in rows[:-1])


def test_masks_of_answers_that_are_not_finite_are_not_written(run, tmp_path):
    squares = " >> ".join(["(id * id)"] * 5)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    for i in range(12):
        levels = np.random.default_rng(i).integers(0, 2, (8, 8)).astype(np.uint8)
        Image.fromarray(levels).save(tmp_path / "images" / f"{i}.png")
        Image.fromarray(levels).save(tmp_path / "masks" / f"{i}.png")
    arch = f"{squares} >> conv(classes, 1)"
    done = run("train", ".", "-o", "m.npz", "--arch", arch, "--epochs", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    Image.new("L", (8, 8), 255).save(tmp_path / "images" / "bright.png")
    Image.new("L", (8, 8), 0).save(tmp_path / "masks" / "bright.png")
    inputs = ("images/0.png", "images/bright.png")
    done = run("predict", "m.npz", *inputs, "-o", "out", "--json", cwd=tmp_path)
    good, bad = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, list(bad)) == (4, ["path", "error"])
    assert good["mask"] == "out/0.png"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.png"]
    assert run("evaluate", "m.npz", ".", "--split", "all", cwd=tmp_path).returncode == 4
