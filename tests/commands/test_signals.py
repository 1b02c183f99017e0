"""Signals through the commands: the spoken words of the sample data, and tables and arrays."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

WORDS = Path(__file__).parents[2] / "sample_data" / "words"
ONE = next(iter(sorted((WORDS / "test" / "one").iterdir())))
SMALL = ("--arch", "conv(8, 9, 4) >> relu >> global_maxpool >> dense(classes)", "--epochs", "1")


@pytest.fixture(scope="module")
def model(run, tmp_path_factory):
    """A network that tells "one" from "two"."""
    path = tmp_path_factory.mktemp("model") / "words.npz"
    done = run("train", WORDS, "-o", path, "-b", "8", "--monitor", "train_loss")
    assert done.returncode == 0, done.stderr
    return path


def manifest(path):
    with np.load(path, allow_pickle=False) as arrays:
        return json.loads(bytes(arrays["manifest"]))


def test_training_says_what_it_makes_of_signals(run, tmp_path):
    done = run("train", WORDS, "-o", tmp_path / "m.npz", *SMALL, "--normalize", "minmax")
    small, lengths, counts, classes, size = done.stderr.splitlines()[:5]
    assert "classes too small to set signals aside by name alone: 1; " in small
    assert re.search(r"signals of \d+ to \d+ samples, brought to \d+ \(the middle of ", lengths)
    assert re.search(r": 3\d signals to train on, \d to validate, 2 classes: one, two$", counts)
    assert classes == "signals per class: one (20), two (20)"
    assert re.match(r"input: \d+x1, 8000 samples per second, [\d.]+ MB in memory$", size)
    assert re.search(r"% of \d+ validation signals right, 98 parameters", done.stdout)


def test_the_model_keeps_length_rate_and_normalization(run, tmp_path):
    path = tmp_path / "m.npz"
    assert run("train", WORDS, "-o", path, *SMALL, "--length", "1500").returncode == 0
    kept = manifest(path)
    assert kept["input"] == [1500, 1]
    own = kept["preprocessing"]
    assert (own["kind"], own["length"], own["channels"], own["rate"]) == ("signal", 1500, 1, 8000)
    assert own["normalization"] == "standard" and len(own["scale"]) == len(own["shift"]) == 1


def test_the_same_training_gives_the_same_bytes_on_any_threads(run, tmp_path):
    for threads in ("1", "2"):
        done = run("train", WORDS, "-o", tmp_path / threads, *SMALL, "--seed", "5", "-j", threads)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_the_network_chosen_for_signals_learns_the_words(run, model):
    done = run("evaluate", model, WORDS, "--json", "--fail-under", "0.8")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images"] == 16
    assert done.stderr.startswith(f"{WORDS}/test: 16 signals of 2 classes")


def test_files_folders_lists_and_stdin_give_the_same_answers(run, model):
    def answers(*arguments, **settings):
        done = run("predict", model, *arguments, "--format", "csv", text=False, **settings)
        assert done.returncode == 0, done.stderr
        rows = list(csv.reader(done.stdout.decode().splitlines()))[1:]
        return [row[1:] for row in rows]

    (expected,) = answers(ONE)
    assert answers("-", input=ONE.read_bytes()) == [expected]
    assert answers("--files-from", "-", input=f"{ONE}\n{ONE}\n".encode()) == [expected] * 2
    assert answers(ONE.parent, "-b", "3")[0] == expected
    assert len(answers(WORDS / "test")) == 16


def test_tables_and_arrays_of_the_same_samples_give_the_same_answer(run, model, tmp_path):
    values = np.frombuffer(ONE.read_bytes()[44:], "<i2") / 2**15
    np.savetxt(tmp_path / "a.csv", values, header="amplitude", comments="")
    np.savetxt(tmp_path / "a.tsv", values)
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", x=values[None])
    paths = [tmp_path / f"a.{kind}" for kind in ("csv", "tsv", "npy", "npz")]
    done = run("predict", model, ONE, *paths, "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({record["confidence"] for record in records}) == 1
    assert len(records) == 5


def test_one_bad_signal_of_a_batch_leaves_the_others_their_answers(run, model, tmp_path):
    batch = np.zeros((3, 4000))
    batch[1, 7] = np.nan
    np.savez(tmp_path / "x.npz", x=batch)
    done = run("predict", model, tmp_path / "x.npz", "--json")
    assert done.returncode == 4
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["error" in record for record in records] == [False, True, False]
    assert records[1]["path"] == f"{tmp_path}/x.npz[1]"
    assert "NaN or infinite values" in records[1]["error"]


def test_what_cannot_be_read_is_reported_in_its_place(run, model, tmp_path):
    (tmp_path / "cut.wav").write_bytes(ONE.read_bytes()[:-100])
    (tmp_path / "words.csv").write_text("1\n2\nthree\n")
    (tmp_path / "wide.csv").write_text("1,2\n3,4\n")
    done = run("predict", model, "cut.wav", "words.csv", ONE, "wide.csv", "no.wav", cwd=tmp_path)
    assert done.returncode == 4
    lines = done.stdout.splitlines()
    assert [line.partition(": error: ")[2] for line in lines[:2]] == [
        "not a readable signal (truncated); replace it or remove it",
        "not a readable signal (line 3: 'three' is not a number); replace it or remove it",
    ]
    assert "error" not in lines[2]
    assert "channels: 2, and the network takes 1" in lines[3]
    assert lines[4].endswith("(no such file); check the path")
    assert done.stderr == "cnncli: 4 of 5 signals could not be predicted\n"


def test_tables_can_be_learned_from(run, tmp_path):
    numbers = np.random.default_rng(0)
    rows = []
    for number in range(40):
        kind = ("slow", "fast")[number % 2]
        wave = np.sin(np.arange(64) * (0.2, 0.9)[number % 2] + numbers.uniform(0, 6))
        table = np.stack([wave, numbers.standard_normal(64)], axis=1)
        np.savetxt(tmp_path / f"{number}.tsv", table, delimiter="\t", header="a\tb", comments="")
        rows.append(f"{number}.tsv,{kind}")
    (tmp_path / "list.csv").write_text("path,label\n" + "\n".join(rows) + "\n")
    done = run("train", tmp_path / "list.csv", "-o", tmp_path / "m.npz", "-q")
    assert done.returncode == 0, done.stderr
    assert manifest(tmp_path / "m.npz")["preprocessing"]["rate"] is None
    done = run("evaluate", tmp_path / "m.npz", tmp_path / "list.csv", "--fail-under", "0.95")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--img-size", "20"), "--img-size is about images; {} holds signals, so give --length N"),
        (("--color", "rgb"), "--color is about images; {} holds signals, so give --length N"),
        (
            ("--resize-mode", "pad"),
            "--resize-mode is about images; {} holds signals, so give --length N",
        ),
    ],
)
def test_options_about_images_are_refused_for_signals(call, tmp_path, arguments, message):
    done = call("train", WORDS, "-o", tmp_path / "m.npz", *arguments)
    assert done.returncode == 2
    assert done.stderr == f"cnncli: {message.format(WORDS)}\n"


def test_a_length_is_refused_for_images(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m.npz", "--length", "20")
    assert done.returncode == 2
    assert "--length is about signals" in done.stderr


def test_a_network_of_signals_refuses_a_set_of_images(run, model, patterns):
    done = run("evaluate", model, patterns)
    assert done.returncode == 3
    assert "images, where signals are needed" in done.stderr


def test_filters_and_feature_maps_of_signals_are_shown(run, model, tmp_path):
    done = run("inspect-filters", model, "-o", tmp_path / "filters.png")
    assert done.returncode == 0, done.stderr
    done = run(
        "inspect-filters", model, "--method", "activations", "--image", ONE, "-o",
        tmp_path / "maps.npz",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "maps.npz") as arrays:
        assert arrays["activations"].shape == (935, 16)
        assert arrays["image"].dtype == np.float32
    done = run(
        "inspect-filters", model, "--method", "activations", "--image", ONE, "-o",
        tmp_path / "maps.png",
    )  # fmt: skip
    assert (done.returncode, (tmp_path / "maps.png").read_bytes()[:4]) == (0, b"\x89PNG")


def test_a_neuron_of_a_signal_is_traced_at_a_position(run, model, tmp_path):
    done = run("trace", model, ONE, "--at", "conv1:3,40", "-o", tmp_path / "n.png", "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["at"], record["field"][::2]) == ([40], [0, 1])
    assert (tmp_path / "n.png").read_bytes()[:4] == b"\x89PNG"
    done = run("trace", model, ONE, "--at", "conv1:3,40,2")
    assert done.returncode == 2
    assert "give conv1:FILTER,POSITION" in done.stderr


def test_a_signal_is_shifted_along_its_samples(run, model):
    done = run("inspect-filters", model, "--method", "shift(4)", "--image", ONE, "--json")
    assert done.returncode == 0, done.stderr
    layers = json.loads(done.stdout)["layers"]
    assert layers[0]["same"][0] == 1


def test_a_number_can_be_learned_from_tables(run, tmp_path):
    numbers = np.random.default_rng(1)
    rows = ["path,frequency"]
    for number in range(60):
        frequency = numbers.uniform(0.2, 1.2)
        np.savetxt(tmp_path / f"{number}.csv", np.sin(np.arange(48) * frequency))
        rows.append(f"{number}.csv,{frequency}")
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n")
    arch = "conv(16, 9) >> relu >> global_avgpool >> dense(16) >> relu >> dense(classes)"
    settings = ("--arch", arch, "--epochs", "60", "-b", "8", "--lr", "0.01")
    done = run("train", tmp_path / "list.csv", "-o", tmp_path / "m.npz", "-q", *settings)
    assert done.returncode == 0, done.stderr
    done = run("evaluate", tmp_path / "m.npz", tmp_path / "list.csv", "--fail-under", "0.9")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ": 6 signals with frequency (split: val)" in done.stderr


def test_answers_to_signals_are_means_over_shifted_copies_if_asked_for(run, model):
    done = run("predict", model, ONE, "--tta", "--json")
    assert done.stderr == "each answer is the mean over 3 copies, shifted by up to 1 sample\n"
    answer = json.loads(done.stdout)
    plain = json.loads(run("predict", model, ONE, "--json").stdout)
    assert (answer["tta"], answer["label"]) == (3, plain["label"])
    assert answer["confidence"] != plain["confidence"]
