"""`--skip-broken` on every kind of set: as if the broken files were not there, but for the end."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

FLAT = ("--arch", "conv(3, 3) >> relu >> dense(classes)")
MAPS = ("--arch", "conv(classes, 3, pad=1)", "--img-size", "16")


def image(path, number):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 256, (9, 8))
    Image.fromarray(pixels.astype(np.uint8)).save(path)


def classes(root):
    for number in range(24):
        image(root / "set" / "xy"[number % 2] / f"{number}.png", number)
    return root / "set", ["set/x/6.png", "set/y/9.png"], FLAT


def labels(root):
    return _list(root, "path,label", ["a", "b|a", ""])


def numbers(root):
    return _list(root, "path,width", ["1", "5", "3"])


def _list(root, header, values):
    for number in range(24):
        image(root / "images" / f"{number}.png", number)
    lines = [f"images/{number}.png,{values[number % 3]}" for number in range(24)]
    (root / "list.csv").write_text("\n".join([header, *lines]))
    return root / "list.csv", ["images/4.png", "images/13.png"], FLAT


def signals(root):
    for number in range(24):
        path = root / "set" / "xy"[number % 2] / f"{number}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.random.default_rng(number).standard_normal(20))
    return root / "set", ["set/x/2.npy", "set/y/21.npy"], FLAT


def masks(root):
    for number in range(12):
        image(root / "set" / "images" / f"{number}.png", number)
        path = root / "set" / "masks" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        levels = 7 * (np.random.default_rng(number).random((9, 8)) < 0.5)
        Image.fromarray(levels.astype(np.uint8)).save(path)
    return root / "set", ["set/images/3.png", "set/masks/8.png"], MAPS


SETS = (classes, labels, numbers, signals, masks)


@pytest.fixture(params=SETS, ids=lambda make: make.__name__)
def broken(request, tmp_path):
    """A set with two broken files, these files, and the network to train."""
    data, names, network = request.param(tmp_path)
    files = [tmp_path / name for name in names]
    for file in files:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return data, files, network


def train(run, data, network, path, *more):
    return run("train", data, "-o", path, *network, "--epochs", "1", "-b", "4", *more)


def test_a_broken_file_is_refused_with_the_option_that_goes_on(run, broken, tmp_path):
    data, _, network = broken
    done = train(run, data, network, tmp_path / "m.npz")
    assert (done.returncode, done.stdout) == (3, "")
    error = done.stderr.splitlines()[-1]
    assert error.endswith("replace or remove them, or go on without them by --skip-broken")
    assert " cannot be read: " in error and " (" in error
    assert not (tmp_path / "m.npz").exists()


def test_training_goes_on_as_if_they_were_not_there(call, broken, tmp_path):
    data, files, network = broken
    for threads in (1, 3):
        path = tmp_path / f"{threads}.npz"
        done = train(call, data, network, path, "--skip-broken", "-j", str(threads))
        assert done.returncode == 4, done.stderr
        for file in files:
            assert f"cnncli: {file}: left out, not a readable " in done.stderr
        assert done.stderr.splitlines()[-1].endswith(
            "files that cannot be read and were left out: 2; see above"
        )
        assert done.stdout.startswith(f"{path}: epoch 1 of 1")
    _remove(data, files)
    done = train(call, data, network, tmp_path / "clean.npz", "--skip-broken", "--json")
    assert (done.returncode, "skipped" in json.loads(done.stdout)) == (0, False)
    models = {(tmp_path / f"{name}.npz").read_bytes() for name in ("1", "3", "clean")}
    assert len(models) == 1


def test_evaluation_goes_on_as_well(call, broken, tmp_path):
    data, files, network = broken
    train(call, data, network, tmp_path / "m.npz", "--skip-broken")
    refused = call("evaluate", tmp_path / "m.npz", data, "--split", "all")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "--skip-broken" in refused.stderr
    done = call("evaluate", tmp_path / "m.npz", data, "--split", "all", "--skip-broken", "--json")
    record = json.loads(done.stdout)
    assert done.returncode == 4
    assert {skipped["path"] for skipped in record["skipped"]} == set(map(str, files))
    assert all(skipped["error"] for skipped in record["skipped"])
    assert record["images"] == (10 if data.name == "set" and "masks" in str(files) else 22)


def _remove(data, files):
    """Remove samples with all that belongs to them."""
    if data.suffix == ".csv":
        gone = {f"images/{file.name}" for file in files}
        lines = data.read_text().splitlines()
        data.write_text("\n".join(line for line in lines if line.split(",")[0] not in gone))
    for file in files:
        for sister in file.parent.parent.rglob(file.name):
            sister.unlink()


def test_a_gate_that_is_not_met_stands_before_skipped_files(run, model, patterns, tmp_path):
    shutil.copytree(patterns / "test", tmp_path / "set")
    for kind in ("rows", "columns"):
        (tmp_path / "set" / kind / "1001.png").write_bytes(b"")
    shutil.move(tmp_path / "set/rows/1000.png", tmp_path / "set/columns/x.png")
    arguments = ("evaluate", model, tmp_path / "set", "--skip-broken", "--fail-under")
    assert run(*arguments, "0.99").returncode == 6
    done = run(*arguments, "0.5")
    assert done.returncode == 4
    assert done.stderr.endswith("files that cannot be read and were left out: 2; see above\n")
