"""`train --init-from` and `--freeze`: learning from another network."""

import hashlib
import json
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

ARCH = "conv(4, 3) >> bn >> relu >> maxpool >> conv(6, 3) >> relu >> dense(classes)"
FAST = ("--epochs", "1", "-b", "16")
WORDS = Path(__file__).parents[2] / "sample_data" / "words"


@pytest.fixture(scope="module")
def base(run, patterns, tmp_path_factory):
    """A network for `patterns`, with bn."""
    path = tmp_path_factory.mktemp("base") / "base.npz"
    done = run("train", patterns, "-o", path, "--arch", ARCH, *FAST, "--normalize", "unit")
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def others(patterns, tmp_path_factory):
    """The same images, of which two classes have other names and one is missing."""
    folder = tmp_path_factory.mktemp("others") / "others"
    for kind, name in (("columns", "down"), ("rows", "across")):
        shutil.copytree(patterns / "train" / kind, folder / name)
    return folder


def read(path):
    with np.load(path, allow_pickle=False) as arrays:
        manifest = json.loads(bytes(arrays["manifest"]))
        return manifest, {name: arrays[name] for name in arrays.files if name != "manifest"}


def test_a_network_for_other_classes_begins_with_all_but_the_head(run, base, others, tmp_path):
    made = tmp_path / "m.npz"
    done = run("train", others, "-o", made, "--init-from", base, "--freeze", "features", *FAST)
    assert done.returncode == 0, done.stderr
    assert f"begins from {base}: 8 arrays are taken over\n" in done.stderr
    assert "  new for other outputs: dense1\n" in done.stderr
    assert "frozen: conv1, bn1, conv2; to learn are " in done.stderr
    manifest, arrays = read(made)
    old_manifest, old = read(base)
    assert manifest["arch"] == old_manifest["arch"].replace("dense(3)", "dense(2)")
    assert manifest["preprocessing"] == old_manifest["preprocessing"]
    same = {name for name, array in arrays.items() if np.array_equal(array, old[name])}
    assert same == {name for name in arrays if not name.startswith("dense1")}
    settings = manifest["training"]["settings"]
    assert settings["inherited_from"] == hashlib.sha256(base.read_bytes()).hexdigest()
    assert (settings["new_layers"], settings["freeze"]) == ("dense1", "features")


def test_the_same_beginning_gives_the_same_bytes(run, base, others, tmp_path):
    files = [tmp_path / "a.npz", tmp_path / "b.npz"]
    for file, threads in zip(files, ("1", "2"), strict=True):
        run("train", others, "-o", file, "--init-from", base, "--freeze", "conv1", *FAST,
            "-j", threads)  # fmt: skip
    assert files[0].read_bytes() == files[1].read_bytes()


def test_without_epochs_the_same_classes_keep_every_weight(run, base, patterns, tmp_path):
    made = tmp_path / "m.npz"
    run("train", patterns, "-o", made, "--init-from", base, "--epochs", "0")
    _, arrays = read(made)
    _, old = read(base)
    assert all(np.array_equal(array, old[name]) for name, array in arrays.items())


def test_a_model_is_taken_from_stdin(shell, base, others, tmp_path):
    code, _, err = (done := shell(
        f"cnncli train {others} -o {tmp_path}/m.npz --init-from - --epochs 0 < {base}"
    )).returncode, done.stdout, done.stderr  # fmt: skip
    assert code == 0, err
    assert "begins from -: 8 arrays are taken over" in err


def test_a_training_goes_on_without_the_file_that_it_began_from(
    script, run, base, others, tmp_path
):
    begin = ("--epochs", "150", "-b", "16", "--freeze", "conv1, bn1", "--init-from")
    run("train", others, "-o", tmp_path / "whole.npz", *begin, base, "-q")
    copy = shutil.copy(base, tmp_path / "base.npz")
    line = [script, "train", others, "-o", tmp_path / "m.npz", *begin, copy]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("epoch 2/"):
                process.send_signal(signal.SIGTERM)
    copy.unlink()
    done = run("train", others, "-o", tmp_path / "m.npz", "--resume")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "m.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    more = run("train", others, "-o", tmp_path / "m.npz", "--resume", "--epochs", "151")
    assert more.returncode == 0, more.stderr
    _, arrays = read(tmp_path / "m.npz")
    assert np.array_equal(arrays["conv1/weight"], read(base)[1]["conv1/weight"])


def test_another_architecture_takes_what_agrees(run, base, others, tmp_path):
    text = "conv(4, 3) >> bn >> relu >> conv(5, 3) >> dense(classes)"
    done = run("train", others, "-o", tmp_path / "m.npz", "--init-from", base, "--arch", text,
               *FAST)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert ": 6 arrays are taken over\n" in done.stderr
    assert "  new: conv2/weight (5x4x3x3, there 6x4x3x3)\n" in done.stderr


def test_layers_can_be_frozen_without_another_network(run, others, tmp_path):
    done = run("train", others, "-o", tmp_path / "m.npz", "--arch", ARCH, "--freeze", "conv1",
               *FAST)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "frozen as they are drawn: conv1; to learn are " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--init-from", "missing.npz"), 5, "missing.npz: no such file"),
        (("--init-from", __file__), 5, ".py files are written, not read"),
        (("--init-from", "BASE", "--arch", "depthwise(3) >> dense(classes)"), 2,
         "--init-from: no parameter agrees in name and shape with the network depthwise"),
        (("--init-from", "BASE", "--freeze", "cnov1"), 2,
         "--freeze cnov1: no layer is called so; did you mean conv1? layers with weights are "),
        (("--init-from", "BASE", "--freeze", "features, dense*"), 2,
         "--freeze features, dense*: no layer is left to learn; name fewer"),
        (("--init-from", "BASE", "--freeze", "conv1, dense1"), 2,
         "nothing is taken over for dense1, which would never learn; leave it out"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_nothing_written(
    call, base, others, tmp_path, arguments, code, message
):
    arguments = [str(base) if word == "BASE" else word for word in arguments]
    done = call("train", others, "-o", tmp_path / "m.npz", *arguments, *FAST)
    assert done.returncode == code
    assert message in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_a_network_for_images_is_refused_for_signals(run, base, tmp_path):
    done = run("train", WORDS, "-o", tmp_path / "m.npz", "--init-from", base, *FAST)
    assert done.returncode == 2
    assert "--init-from: its network takes images, and " in done.stderr
