import json
import signal
import subprocess
import time

import numpy as np
import pytest

ARCH = "conv(4, 3) >> relu >> maxpool >> dense(classes)"
FAST = ("--arch", ARCH, "--epochs", "2", "-b", "16", "-q")
NAMES = [
    "epoch", "lr", "train_loss", "val_loss", "val_accuracy", "best", "seconds", "images_per_second",
]  # fmt: skip


def read_training(path):
    with np.load(path, allow_pickle=False) as arrays:
        return json.loads(bytes(arrays["manifest"]))["training"]


@pytest.fixture(scope="module")
def logged(run, patterns, tmp_path_factory):
    """A folder with a model and its log, and what the training answered."""
    folder = tmp_path_factory.mktemp("logged")
    done = run(
        "train", patterns, "-o", folder / "m.npz", *FAST, "--log", folder / "m.jsonl", "--json"
    )
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_the_log_has_a_record_per_epoch_with_the_names_of_the_contract(logged):
    folder, answer = logged
    records = [json.loads(line) for line in (folder / "m.jsonl").read_text().splitlines()]
    assert [list(record) for record in records] == [NAMES, NAMES]
    best = records[answer["best_epoch"] - 1]
    assert best["train_loss"] == answer["train_loss"]
    assert best["best"] is True


def test_the_model_file_has_the_same_records_without_times(logged):
    folder, _ = logged
    records = [json.loads(line) for line in (folder / "m.jsonl").read_text().splitlines()]
    timeless = [
        {name: record[name] for name in NAMES if name not in ("seconds", "images_per_second")}
        for record in records
    ]
    assert read_training(folder / "m.npz")["log"] == timeless


def test_a_log_on_stdout_leaves_the_summary_to_stderr(run, patterns, tmp_path):
    arguments = [argument for argument in FAST if argument != "-q"]
    done = run("train", patterns, "-o", tmp_path / "m.npz", *arguments, "--log", "-")
    assert [json.loads(line)["epoch"] for line in done.stdout.splitlines()] == [1, 2]
    assert done.stderr.splitlines()[-1].startswith(f"{tmp_path}/m.npz: epoch ")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--log", "-", "--json"], "--log - and --json both go to stdout; give --log a file"),
        (["--log", "m.npz"], "--log m.npz: is the model file, too; give the log a name of its own"),
        (["--log", "old"], "old: already exists; use -f to overwrite it"),
        (["--log", "none/log"], "there is no folder"),
    ],
)
def test_a_log_that_cannot_be_written_is_refused_before_any_work(call, tmp_path, options, fault):
    (tmp_path / "old").write_text("precious")
    done = call("train", "no data, for it is not read", "-o", "m.npz", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert fault in done.stderr and len(done.stderr.splitlines()) == 1
    assert (tmp_path / "old").read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_an_existing_log_is_replaced_with_force(run, patterns, tmp_path):
    (tmp_path / "log").write_text("old\n")
    done = run("train", patterns, "-o", tmp_path / "m.npz", *FAST, "--log", tmp_path / "log", "-f")
    assert done.returncode == 0
    lines = (tmp_path / "log").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]


def test_a_full_disk_under_the_log_keeps_the_best_network(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m.npz", *FAST, "--log", "/dev/full")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "cnncli: /dev/full: no space left on device\n"
    assert read_training(tmp_path / "m.npz")["best_epoch"] == 1


def test_a_training_that_goes_on_has_each_epoch_once(run, patterns, tmp_path):
    command = ("train", patterns, "-o", tmp_path / "m.npz", "--log", tmp_path / "log")
    network = ("--arch", ARCH, "-b", "16", "-q")
    assert run(*command, *network, "--epochs", "2").returncode == 0
    first = (tmp_path / "log").read_text().splitlines()
    done = run(*command, "--epochs", "3", "--resume", "-q")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "log").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]
    assert [json.loads(line)["train_loss"] for line in lines[:2]] == [
        json.loads(line)["train_loss"] for line in first
    ]


def test_an_interrupted_training_goes_on_with_its_log(script, run, patterns, tmp_path):
    options = ["-o", tmp_path / "m.npz", "--log", tmp_path / "log", "--arch", ARCH, "-b", "1"]
    command = [script, "train", patterns, *options, "--epochs", "30", "-q"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not (tmp_path / "log").exists() or not (tmp_path / "log").read_text():
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM
    before = (tmp_path / "log").read_text().splitlines()
    assert 1 <= len(before) < 30
    done = run(*command[1:], "--resume")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "log").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(1, 31))
    assert lines[: len(before)] == before
