"""`train --augment`: the option, what it refuses, and that a training with it repeats itself."""

import json

import numpy as np
import pytest

ARCH = "conv(4, 3) >> relu >> maxpool >> dense(classes)"
FAST = ("--arch", ARCH, "--epochs", "1", "-b", "16")


def test_steps_are_named_on_stderr_and_kept_in_the_model(run, patterns, tmp_path):
    model, text = tmp_path / "m.npz", tmp_path / "steps.txt"
    text.write_text("hflip(0.5)  # mirrored\nshift(2)\n")
    done = run("train", patterns, "-o", model, *FAST, "--augment", f"@{text}")
    assert done.returncode == 0, done.stderr
    assert "augmentation: hflip, shift(2)\n" in done.stderr
    with np.load(model) as arrays:
        settings = json.loads(bytes(arrays["manifest"]))["training"]["settings"]
    assert settings["augment"] == "hflip, shift(2)"


def test_an_augmented_training_is_the_same_for_any_number_of_threads(run, patterns, tmp_path):
    digests = []
    for threads, augment in ((1, "strong"), (3, "strong"), (1, "none")):
        model = tmp_path / f"{threads}{augment}.npz"
        done = run("train", patterns, "-o", model, *FAST, "--augment", augment, "-j", f"{threads}")
        assert done.returncode == 0, done.stderr
        with np.load(model) as arrays:
            digests.append([arrays[name].tobytes() for name in arrays.files if name != "manifest"])
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("augment", "message"),
    [
        ("hflip, rotat(3)", "--augment: column 8: no step is called 'rotat'; did you mean rotate?"),
        ("shift(8)", "--augment: shift(8) would move all of an image 10 wide and 8 high"),
        ("@missing.txt", "@missing.txt: no such file or directory"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_writes_nothing(
    call, patterns, tmp_path, augment, message
):
    done = call("train", patterns, "-o", tmp_path / "m.npz", *FAST, "--augment", augment)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert not list(tmp_path.glob("m.npz*"))


def test_a_mistake_is_found_before_the_data_are_read(run, tmp_path):
    done = run("train", tmp_path / "nothing", "-o", tmp_path / "m.npz", "--augment", "rotat(3)")
    assert "no step is called 'rotat'" in done.stderr


def make_list(patterns, folder, header, describe):
    """Write a list of the training images, each with what `describe` says of its kind."""
    images = sorted(patterns.glob("train/*/*.png"))
    lines = [f"{image},{describe(image.parent.name, i)}" for i, image in enumerate(images)]
    (folder / "list.csv").write_text("\n".join([header, *lines, ""]))
    return folder / "list.csv"


@pytest.mark.parametrize("labels", [False, True])
def test_mixed_classes_and_labels_are_learned_and_raise_the_training_loss(
    call, patterns, tmp_path, labels
):
    data = patterns
    if labels:
        data = make_list(patterns, tmp_path, "path,label", lambda kind, _: f"{kind}|image")
    losses = []
    for augment in ("none", "mixup(1), cutmix"):
        settings = ("--epochs", "8", "-b", "8", "--lr", "0.01", "--augment", augment, "--json")
        done = call("train", data, "-o", tmp_path / "m.npz", "-f", "--arch", ARCH, *settings)
        assert done.returncode == 0, done.stderr
        losses.append(json.loads(done.stdout)["train_loss"])
    assert losses[1] > 1.2 * losses[0]


def test_mixed_numbers_are_refused(run, patterns, tmp_path):
    data = make_list(patterns, tmp_path, "path,width,height", lambda _, i: f"{i},{i * i}")
    done = run("train", data, "-o", tmp_path / "m.npz", *FAST, "--augment", "mixup")
    assert done.returncode == 2
    assert "--augment: mixup is for classes and labels: nobody knows the num" in done.stderr
    assert not (tmp_path / "m.npz").exists()
