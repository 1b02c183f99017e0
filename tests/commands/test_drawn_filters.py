"""`train --init-from` with filters that somebody has drawn."""

import json
from pathlib import Path

import numpy as np
import pytest

FILTERS = Path(__file__).parents[2] / "sample_data" / "detectors" / "filters"
ARCH = "conv(4, 7, pad=3) >> relu >> maxpool >> dense(classes)"


@pytest.fixture
def train(run, patterns, tmp_path):
    """Run the command; its output is m.npz unless named."""

    def train(*arguments, output="m.npz", filters=FILTERS, arch=ARCH, **settings):
        return run(
            "train", patterns, "-o", tmp_path / output, "--init-from", filters, "--arch", arch,
            *arguments, **settings,
        )  # fmt: skip

    return train


def read(path):
    with np.load(path) as arrays:
        manifest = json.loads(bytes(arrays["manifest"]))
        return manifest["training"]["settings"], arrays["conv1/weight"]


def test_a_network_is_made_whose_first_filters_are_pictures(train, tmp_path):
    done = train("--epochs", "0")

    assert done.returncode == 0, done.stderr
    names = "curve, horizontal, slope, vertical"
    assert f"begins from {FILTERS}: 4 drawn filters for conv1/weight: {names}\n" in done.stderr
    settings, weights = read(tmp_path / "m.npz")
    assert weights[3, 0, :, 3].tolist() == [1] * 7
    assert weights[3, 0, 0, 0] == np.float32((52 - 128) / 127)
    assert (len(settings["inherited_from"]), settings["new_layers"]) == (64, "dense1")


def test_drawn_filters_stay_as_they_are_where_they_are_frozen(train, tmp_path):
    train("--epochs", "0", output="before.npz")
    done = train("--epochs", "1", "--freeze", "conv1")

    assert "frozen: conv1; to learn are " in done.stderr
    assert (read(tmp_path / "m.npz")[1] == read(tmp_path / "before.npz")[1]).all()


def test_a_training_that_goes_on_needs_the_drawn_filters_no_more(train, run, patterns, tmp_path):
    table = tmp_path / "filters.txt"
    table.write_text("0 1 0\n0 1 0\n0 1 0\n")
    arch = "conv(2, 3) >> relu >> dense(classes)"
    once = train("--epochs", "2", output="once.npz", filters=table, arch=arch)
    train("--epochs", "1", filters=table, arch=arch)
    table.unlink()
    more = run("train", patterns, "-o", tmp_path / "m.npz", "--resume", "--epochs", "2")

    assert (once.returncode, more.returncode) == (0, 0), more.stderr
    settings, _ = read(tmp_path / "m.npz")
    assert settings["inherited_from"] == read(tmp_path / "once.npz")[0]["inherited_from"]


def test_filters_that_do_not_fit_end_in_one_line_and_leave_nothing(train, tmp_path):
    done = train("--epochs", "0", arch="conv(4, 3) >> dense(classes)")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        "cnncli: --init-from: 4 filters of 7x7x1 do not fit conv1, whose 4 are 3x3x1; give --arch "
        "a network that begins with conv(4, 7)"
    )
    assert not (tmp_path / "m.npz").exists()


def test_a_folder_without_filters_is_refused(train, tmp_path):
    (tmp_path / "none").mkdir()

    done = train(filters=tmp_path / "none")

    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].endswith("no pictures of filters; give a folder with some")
