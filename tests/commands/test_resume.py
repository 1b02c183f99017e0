"""`train --resume`: on from a checkpoint to the same bytes, or refused with what is another."""

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ARCH = "conv(4, 3) >> relu >> dropout(0.2) >> maxpool >> dense(classes)"
BEGIN = ("--arch", ARCH, "--epochs", "150", "-b", "16", "--normalize", "minmax")


def stop_after_epoch(script, number, *arguments):
    """Send SIGTERM to a training when it has told of an epoch; return what it wrote to stderr.

    The number 0 is any epoch.
    """
    with subprocess.Popen(
        [script, "train", *map(str, arguments)], stderr=subprocess.PIPE, text=True
    ) as process:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith(f"epoch {number}/" if number else "epoch "):
                process.send_signal(signal.SIGTERM)
    assert process.returncode == -signal.SIGTERM, lines
    return "".join(lines)


@pytest.fixture(scope="module")
def stopped_once(script, patterns, tmp_path_factory):
    """A folder with the files of a training that was stopped, and what it said."""
    folder = tmp_path_factory.mktemp("stopped")
    told = stop_after_epoch(script, 2, patterns, "-o", folder / "m.npz", *BEGIN)
    return folder, told


@pytest.fixture
def stopped(stopped_once, tmp_path):
    """The model of a training that was stopped, in a folder of its own."""
    shutil.copytree(stopped_once[0], tmp_path / "copy")
    return tmp_path / "copy" / "m.npz"


@pytest.fixture(scope="module")
def whole(run, patterns, tmp_path_factory):
    """The model of the same training, which was not stopped."""
    path = tmp_path_factory.mktemp("whole") / "m.npz"
    done = run("train", patterns, "-o", path, *BEGIN, "-q")
    assert done.returncode == 0, done.stderr
    return path


def test_a_stopped_training_says_where_it_stands_and_how_to_go_on(stopped_once):
    folder, told = stopped_once
    last = told.splitlines()[-1]
    assert last.startswith("stopped after ")
    assert last.endswith(f", as kept in {folder / 'm.npz.ckpt'}; --resume goes on from there")
    assert {path.name for path in folder.iterdir()} == {"m.npz", "m.npz.ckpt"}


def test_a_resumed_training_needs_no_options_and_ends_with_the_same_bytes(
    run, patterns, stopped, whole
):
    done = run("train", patterns, "-o", stopped, "--resume", "-j", "3")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("going on after ")
    assert stopped.read_bytes() == whole.read_bytes()
    assert [path.name for path in stopped.parent.iterdir()] == ["m.npz"]


def test_a_training_without_a_checkpoint_begins(run, patterns, tmp_path, whole):
    done = run("train", patterns, "-o", tmp_path / "m.npz", *BEGIN, "--resume", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "m.npz").read_bytes() == whole.read_bytes()


def test_a_complete_training_says_so_and_is_left_as_it_is(run, tmp_path, whole):
    path = Path(shutil.copy(whole, tmp_path))
    no_data = tmp_path / "no data, for none are read"
    done = run("train", no_data, "-o", path, "--resume", "--epochs", "150", "--json")
    assert (done.returncode, done.stderr) == (0, f"{path}: the training is complete\n")
    record = json.loads(done.stdout)
    assert (record["epochs_run"], record["seconds"]) == (150, 0)
    assert record["arch"] == ARCH.replace("classes", "3")
    assert whole.read_bytes() == path.read_bytes()
    line = run("train", no_data, "-o", path, "--resume", "-q").stdout
    assert line.startswith(f"{path}: epoch {record['best_epoch']} of 150, ")


@pytest.mark.parametrize(
    ("option", "value", "before"),
    [
        ("--seed", "7", "0"),
        ("--optimizer", "sgd", "adamw"),
        ("--augment", "shift(2)", "none"),
        ("--img-size", "9x9", "8x10"),
        ("--normalize", "unit", "minmax"),
    ],
)
def test_a_complete_training_is_not_another_one(
    call, patterns, tmp_path, whole, option, value, before
):
    path = Path(shutil.copy(whole, tmp_path))
    refused = call("train", patterns, "-o", path, "--resume", option, value)
    assert refused.returncode == 2
    told = f"cnncli: {option} {value}: it was {before} when the training began; "
    assert refused.stderr.startswith(told)


def test_the_command_of_a_complete_training_may_be_repeated(run, patterns, tmp_path):
    command = ("train", patterns, "-o", tmp_path / "m.npz", "--arch", ARCH, "--resume", "--epochs")
    options = ("1", "--augment", "light", "--optimizer", "adam", "--momentum", "0.8", "--lr", "0.1")
    assert run(*command, *options).returncode == 0
    again = run(*command, *options)
    assert (again.returncode, "the training is complete" in again.stderr) == (0, True), again


def test_the_options_of_the_first_command_may_be_repeated(run, patterns, stopped, whole):
    done = run("train", patterns, "-o", stopped, "--resume", *BEGIN, "--lr-schedule", "cosine")
    assert done.returncode == 0, done.stderr
    assert stopped.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("option", "value", "before"),
    [
        ("--epochs", "151", "it was 150"),
        ("--weight-decay", "0.5", "it was "),
        ("--optimizer", "sgd", "it was adamw"),
        ("--momentum", "0.5", "--optimizer was another"),
        ("--normalize", "unit", "it was minmax"),
        ("--img-size", "9x9", "the input was 8x10x1"),
        ("--color", "rgb", "the input was 8x10x1"),
        ("--arch", "lenet5", "the input was 8x10x1"),
        ("--arch", "dense(classes)", f"the network was {ARCH.replace('classes', '3')}"),
        ("--val", "0.2", "16.png: another image stood before it"),
    ],
)
def test_a_contradiction_is_refused_and_named(call, patterns, stopped, option, value, before):
    files = {path: path.read_bytes() for path in stopped.parent.iterdir()}
    refused = call("train", patterns, "-o", stopped, "--resume", option, value, "-q")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"cnncli: {option} {value}: ")
    assert before in refused.stderr
    assert refused.stderr.endswith("; leave it out, or insist with -f\n")
    assert {path: path.read_bytes() for path in stopped.parent.iterdir()} == files


def test_who_insists_goes_on_with_other_settings(run, patterns, stopped, whole):
    done = run(
        "train", patterns, "-o", stopped, "--resume", "-f", "--epochs", "4", "-b", "8", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["epochs_run"] >= 4
    with np.load(stopped) as arrays:
        settings = json.loads(bytes(arrays["manifest"]))["training"]["settings"]
    assert (settings["epochs"], settings["batch_size"]) == (4, 8)


def test_even_who_insists_cannot_go_on_with_another_network(run, patterns, stopped):
    refused = run("train", patterns, "-o", stopped, "--resume", "-f", "--arch", "dense(classes)")
    assert refused.returncode == 5
    assert "belong to another network or optimizer" in refused.stderr


def change_pixel(folder):
    path = next((folder / "train" / "plain").glob("*.png"))
    pixels = np.array(Image.open(path))
    pixels[3, 3] += 1
    Image.fromarray(pixels).save(path)
    return path, "its pixels were others"


def rename(folder):
    path = max((folder / "train" / "rows").glob("*.png"))
    path.rename(path.with_name("zebra.png"))
    return path.with_name("zebra.png"), "this image was not there"


def relabel(folder):
    path = min((folder / "train" / "rows").glob("*.png"))
    path = path.rename(folder / "train" / "columns" / "aardvark.png")
    return path, "this image was not there"


@pytest.mark.parametrize("change", [change_pixel, rename, relabel])
def test_other_data_are_refused_with_the_first_sample_that_differs(
    call, patterns, stopped, tmp_path, change
):
    data = shutil.copytree(patterns, tmp_path / "set")
    path, fault = change(data)
    refused = call("train", data, "-o", stopped, "--resume", "-q")
    assert refused.returncode == 3
    assert refused.stderr == (
        f"cnncli: {path}: {fault} when the training was stopped; give the data as they were, or "
        "insist with -f\n"
    )
    done = call("train", data, "-o", stopped, "--resume", "-f", "-q")
    assert done.returncode == 0, done.stderr


def test_data_may_lie_elsewhere(run, patterns, stopped, tmp_path, whole):
    data = shutil.copytree(patterns, tmp_path / "moved")
    assert run("train", data, "-o", stopped, "--resume", "-q").returncode == 0
    assert stopped.read_bytes() == whole.read_bytes()


def test_a_stopped_training_is_not_begun_again_by_accident(run, patterns, stopped):
    stopped.unlink()
    refused = run("train", patterns, "-o", stopped, *BEGIN)
    assert refused.returncode == 2
    assert refused.stderr == (
        f"cnncli: {stopped}.ckpt: there is a training that was stopped; --resume goes on with it, "
        "-f begins again\n"
    )
    assert run("train", patterns, "-o", stopped, "--epochs", "1", "-f", "-q").returncode == 0
    assert [path.name for path in stopped.parent.iterdir()] == ["m.npz"]


def test_a_damaged_checkpoint_is_refused_with_what_to_do(run, patterns, stopped):
    path = stopped.with_name("m.npz.ckpt")
    path.write_bytes(path.read_bytes()[:3000])
    refused = run("train", patterns, "-o", stopped, "--resume")
    assert refused.returncode == 5
    assert refused.stderr.startswith(f"cnncli: {path}: is truncated at byte 3000, ")
    assert refused.stderr.endswith("; --force without --resume begins again\n")


def test_a_model_of_another_training_is_not_overwritten(run, patterns, stopped, model):
    shutil.copy(model, stopped)
    refused = run("train", patterns, "-o", stopped, "--resume")
    assert refused.returncode == 2
    assert "was not written by the training that is to go on" in refused.stderr
    assert stopped.read_bytes() == model.read_bytes()


def test_what_is_no_model_is_not_overwritten(run, patterns, tmp_path):
    (tmp_path / "m.npz").write_text("precious")
    refused = run("train", patterns, "-o", tmp_path / "m.npz", *BEGIN, "--resume")
    assert (refused.returncode, (tmp_path / "m.npz").read_text()) == (5, "precious")


@pytest.mark.parametrize("output", ["-", "/dev/null"])
def test_what_is_no_file_cannot_be_gone_on_with(call, patterns, output):
    refused = call("train", patterns, "-o", output, *BEGIN, "--resume")
    assert refused.returncode == 2
    assert "--resume goes on with a file" in refused.stderr


def test_a_second_process_is_refused_at_once(script, run, patterns, tmp_path):
    path = tmp_path / "m.npz"
    arguments = [script, "train", patterns, "-o", path, "--arch", ARCH, "--epochs", "100000"]
    with subprocess.Popen([*arguments, "-b", "16"], stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if line.startswith("epoch 1/"):
                break
        refused = run("train", tmp_path / "no data", "-o", path, "--resume")
        process.kill()
        process.communicate(timeout=30)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"cnncli: {path}: process {process.pid} is training it; wait for its end, or give another "
        "name\n"
    )
    again = run("train", patterns, "-o", path, "--epochs", "1", "-q", "-f")  # nothing blocks it
    assert again.returncode == 0, again.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz"]


@pytest.fixture(scope="module")
def short(run, patterns, tmp_path_factory):
    """A model trained for two epochs."""
    path = tmp_path_factory.mktemp("short") / "m.npz"
    done = run("train", patterns, "-o", path, "--arch", ARCH, "--epochs", "2", "--val", "0.2", "-q")
    assert done.returncode == 0, done.stderr
    return path


def test_a_complete_training_goes_on_where_more_epochs_are_asked_for(
    run, patterns, tmp_path, short
):
    paths = [Path(shutil.copy(short, tmp_path / name)) for name in ("a.npz", "b.npz")]
    for path, threads in zip(paths, ("1", "3"), strict=True):
        more = ("--resume", "--epochs", "4", "-j", threads)
        done = run("train", patterns, "-o", path, *more, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["epochs_run"] == 4
        assert [line[:9] for line in done.stderr.splitlines()[-2:]] == ["epoch 3/4", "epoch 4/4"]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    again = run("train", patterns, "-o", paths[0], "--resume", "--epochs", "4")
    assert again.stderr == f"{paths[0]}: the training is complete\n"


def test_more_epochs_of_other_data_are_refused(run, patterns, tmp_path, short):
    path, data = Path(shutil.copy(short, tmp_path)), shutil.copytree(patterns, tmp_path / "set")
    rename(data)
    refused = run("train", data, "-o", path, "--resume", "--epochs", "3", "-q")
    assert refused.returncode == 3
    assert refused.stderr.startswith(f"cnncli: {data}: other samples than the network was trained")
    assert path.read_bytes() == short.read_bytes()
    assert run("train", data, "-o", path, "--resume", "--epochs", "3", "-qf").returncode == 0


def test_fewer_epochs_than_there_were_are_refused(run, patterns, tmp_path, short):
    path = Path(shutil.copy(short, tmp_path))
    refused = run("train", patterns, "-o", path, "--resume", "--epochs", "1")
    assert (refused.returncode, "it was 2 when" in refused.stderr) == (2, True)


def test_a_budget_is_not_planned_again(script, run, patterns, tmp_path):
    path = tmp_path / "m.npz"
    begin = ("--arch", ARCH, "-b", "16", "--budget", "30s")
    told = stop_after_epoch(script, 2, patterns, "-o", path, *begin)
    planned = re.search(r"^budget: (\S+) epochs", told, re.M)[1]
    other = run("train", patterns, "-o", path, "--resume", "--budget", "40s")
    assert other.returncode == 2 and "--budget" in other.stderr
    assert "plans a training before it begins" in other.stderr
    told = stop_after_epoch(script, 0, patterns, "-o", path, *begin, "--resume")
    assert f"settings: {planned} epochs, " in told and "budget:" not in told
