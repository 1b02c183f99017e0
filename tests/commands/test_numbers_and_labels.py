"""Numbers and several labels per image, from lists of the sample digits to answers."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DIGITS = Path(__file__).parents[2] / "sample_data" / "digits"
ARCH = (
    "conv(8, 3, bias=no) >> bn >> relu >> maxpool >> conv(16, 3, bias=no) >> bn >> relu"
    " >> maxpool >> dense(classes)"
)
FAST = ("--arch", ARCH, "--epochs", "6", "-q")


def mass(pixels):
    """The mean brightness."""
    return pixels.mean()


def slant(pixels):
    """Degrees that the main axis leans to the right, by the second moments of brightness."""
    rows, columns = np.indices(pixels.shape)
    total = pixels.sum()
    down = rows - (rows * pixels).sum() / total
    right = columns - (columns * pixels).sum() / total
    return -np.degrees(np.arctan((down * right * pixels).sum() / (down**2 * pixels).sum()))


def labels(digit):
    """A few things that are true of a digit."""
    known = {"even": digit % 2 == 0, "large": digit >= 5, "prime": digit in (2, 3, 5, 7)}
    return "|".join(name for name, true in known.items() if true)


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    """A folder of lists: mass, both (slant and mass), and labels, each for train and test.

    Paths are relative, so that the same digits are set aside wherever the project lies.
    """
    folder = tmp_path_factory.mktemp("lists")
    (folder / "digits").symlink_to(DIGITS)
    for split in ("train", "test"):
        files = sorted((DIGITS / split).rglob("*.png"))
        read = [
            ("digits" / path.relative_to(DIGITS), np.asarray(Image.open(path), float))
            for path in files
        ]
        rows = {
            "mass": [("path", "mass"), *((path, mass(one)) for path, one in read)],
            "both": [
                ("path", "slant", "mass"),
                *((path, slant(one), mass(one)) for path, one in read),
            ],
            "labels": [
                ("path", "label"),
                *((path, labels(int(path.parent.name))) for path, _ in read),
            ],
        }
        for name, lines in rows.items():
            with (folder / f"{name}-{split}.csv").open("w", newline="") as file:
                csv.writer(file).writerows(lines)
    return folder


@pytest.fixture(scope="module")
def learned(run, lists):
    """Train on a list, once; return the model file and the record of the training."""
    known = {}

    def learn(name):
        if name not in known:
            path = lists / f"{name}.npz"
            done = run("train", lists / f"{name}-train.csv", "-o", path, *FAST, "--json")
            assert done.returncode == 0, done.stderr
            known[name] = path, json.loads(done.stdout)
        return known[name]

    return learn


def evaluated(run, model, data, *options):
    done = run("evaluate", model, data, "--json", "-q", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_network_learns_the_stroke_mass_of_digits(run, lists, learned):
    path, record = learned("mass")
    assert (record["task"], record["numbers"]) == ("regress", ["mass"])
    assert "classes" not in record
    assert record["val_r2"] > 0.9
    found = evaluated(run, path, lists / "mass-test.csv", "--fail-under", "0.9")
    assert found["images"] == 200
    assert found["r2"] > 0.9
    assert found["mae"] <= found["rmse"]


def test_two_numbers_are_learned_at_once_and_told_by_name(run, lists, learned):
    path, record = learned("both")
    assert record["numbers"] == ["slant", "mass"]
    found = evaluated(run, path, lists / "both-test.csv")
    assert [one["name"] for one in found["numbers"]] == ["slant", "mass"]
    assert all(one["r2"] > 0.8 for one in found["numbers"])
    assert found["r2"] == pytest.approx(np.mean([one["r2"] for one in found["numbers"]]))
    held = evaluated(run, path, lists / "both-train.csv")
    assert (held["split"], held["images"]) == ("val", record["val_images"])


def test_answers_are_numbers_in_the_units_of_the_list(run, lists, learned):
    path, _ = learned("both")
    image = DIGITS / "test" / "0" / "10121.png"
    pixels = np.asarray(Image.open(image), float)
    record = json.loads(run("predict", path, image, "--json").stdout)
    assert list(record) == ["path", "values"]
    assert record["values"]["mass"] == pytest.approx(mass(pixels), abs=8)
    assert record["values"]["slant"] == pytest.approx(slant(pixels), abs=8)
    values = record["values"]
    plain = run("predict", path, image).stdout
    assert plain == f"{image}: {values['slant']:.4g} slant, {values['mass']:.4g} mass\n"
    table = run("predict", path, image, "gone.png", "--format", "csv")
    assert table.returncode == 4
    assert table.stdout.splitlines() == [
        "path,slant,mass",
        f"{image},{values['slant']},{values['mass']}",
        "gone.png,,",
    ]


def test_per_image_tells_truth_and_answer(run, lists, learned):
    path, _ = learned("both")
    done = run("evaluate", path, lists / "both-test.csv", "--per-image", "-", "-q")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert list(rows[0]) == ["path", "slant", "slant_predicted", "mass", "mass_predicted", "loss"]
    first = Path(rows[0]["path"])
    assert float(rows[0]["mass"]) == pytest.approx(mass(np.asarray(Image.open(first))), rel=1e-5)


def test_another_loss_learns_too_and_is_kept_in_the_model(run, lists, tmp_path):
    path, loss = tmp_path / "m.npz", "huber(0.5)"
    done = run("train", lists / "mass-train.csv", "-o", path, *FAST, "--loss", loss, "--json")
    assert json.loads(done.stdout)["val_r2"] > 0.8
    manifest = json.loads(bytes(np.load(path)["manifest"]))
    assert (manifest["task"]["loss"], manifest["requires"]) == (loss, ["task"])


def test_several_labels_per_image_are_learned(run, lists, learned):
    path, record = learned("labels")
    assert (record["task"], record["labels"]) == ("multi-label", ["even", "large", "prime"])
    found = evaluated(run, path, lists / "labels-test.csv", "--fail-under", "0.9")
    assert found["map"] > 0.9
    assert found["exact_match"] > 0.6
    assert [one["name"] for one in found["labels"]] == ["even", "large", "prime"]
    thresholds = [one["threshold"] for one in found["labels"]]
    manifest = json.loads(bytes(np.load(path)["manifest"]))
    assert manifest["task"]["thresholds"] == thresholds != [0.5] * 3


def test_answers_are_the_labels_above_their_thresholds(run, learned):
    path, _ = learned("labels")
    image = DIGITS / "test" / "7" / "11798.png"
    record = json.loads(run("predict", path, image, "--json").stdout)
    assert {one["label"] for one in record["labels"]} == {"large", "prime"}
    everything = run("predict", path, image, "--min-confidence", "0").stdout
    assert everything.count(",") == 2
    assert "even" in everything


def test_a_table_of_answers_is_a_list_to_evaluate_on(run, learned, tmp_path):
    path, _ = learned("labels")
    answers = tmp_path / "answers.csv"
    answers.write_text(run("predict", path, DIGITS / "test" / "3", "--format", "csv").stdout)
    assert evaluated(run, path, answers)["exact_match"] == 1


def test_arrays_with_a_float_y_are_numbers(run, tmp_path):
    numbers = np.random.default_rng(0)
    y = numbers.uniform(0, 1, 200)
    x = np.clip(y[:, None, None] + numbers.normal(0, 0.05, (200, 8, 8)), 0, 1)
    np.savez(tmp_path / "d.npz", x=(x * 255).astype(np.uint8), y=y)
    done = run("train", tmp_path / "d.npz", "-o", tmp_path / "m.npz", "--arch", "dense(classes)",
               "--epochs", "10", "--json")  # fmt: skip
    record = json.loads(done.stdout)
    assert record["numbers"] == ["y"]
    assert record["val_r2"] > 0.8
    assert "1 number (mean ± deviation): y (0." in done.stderr


def test_equal_trainings_of_numbers_are_equal_bytes_on_any_number_of_threads(run, lists, tmp_path):
    digests = set()
    for threads in ("1", "3"):
        done = run("train", lists / "both-train.csv", "-o", tmp_path / threads, *FAST[:2],
                   "--epochs", "2", "-j", threads, "--json")  # fmt: skip
        digests.add(json.loads(done.stdout)["sha256"])
    assert len(digests) == 1


def test_no_epoch_writes_the_untrained_network(run, lists, tmp_path):
    for name in ("mass", "labels"):
        path = tmp_path / f"{name}.npz"
        done = run("train", lists / f"{name}-train.csv", "-o", path, "--epochs", "0", "--json")
        assert json.loads(done.stdout)["val_loss"] is None
        assert run("predict", path, DIGITS / "test" / "3" / "10466.png").returncode in (0, 4)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--task", "classify"], 3, "has numbers, not classes; give path,label"),
        (["--task", "multi-label"], 3, "has numbers, not labels; give path,label"),
        (["--loss", "bce"], 2, "--loss bce: regress takes mse or mae or huber"),
        (["--loss", "l2"], 2, "--loss l2: not known; did you mean mse?"),
        (["--monitor", "val_accuracy"], 2, "regress has train_loss, val_loss, val_mae, val_r2"),
        (["--label-smoothing", "0.1"], 2, "--label-smoothing is not for regress"),
        (["--arch", "dense(classes) >> sigmoid"], 2, "ends in sigmoid, but it cannot reach"),
        (["--arch", "conv(1, 3)"], 2, "output of the network is 26x26x1 per image"),
    ],
)
def test_what_does_not_fit_numbers_is_one_line(call, lists, tmp_path, options, code, message):
    arch = [] if "--arch" in options else ["--arch", "dense(classes)"]
    path = tmp_path / "m.npz"
    done = call("train", lists / "mass-train.csv", "-o", path, "-q", *arch, *options)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert message in done.stderr
    assert not path.exists()


def test_numbers_have_neither_confidence_nor_confusion(run, lists, learned, tmp_path):
    path, _ = learned("mass")
    done = run("predict", path, DIGITS / "test" / "3", "-k", "2", "--format", "csv")
    assert (done.returncode, done.stdout) == (2, "")
    drawn = run("evaluate", path, lists / "mass-test.csv", "--confusion", tmp_path / "c.png")
    assert drawn.returncode == 2
    assert "--confusion is not for regress" in drawn.stderr


def test_a_gate_on_numbers_is_about_r2(run, lists, learned):
    path, _ = learned("mass")
    done = run("evaluate", path, lists / "mass-test.csv", "-q", "--fail-under", "0.9999")
    assert done.returncode == 6
    assert "r2 0.9" in done.stderr


def test_a_figure_that_is_not_defined_holds_no_gate(run, lists, learned):
    path, _ = learned("mass")
    single = lists / "single.csv"
    single.write_text("".join((lists / "mass-test.csv").read_text().splitlines(True)[:2]))
    done = run("evaluate", path, single, "-q", "--fail-under", "0")
    assert done.returncode == 6
    assert "r2 undefined is below --fail-under 0" in done.stderr


def test_data_without_the_numbers_of_the_model_are_an_error(run, learned):
    path, _ = learned("mass")
    done = run("evaluate", path, DIGITS, "-q")
    assert done.returncode == 3
    assert "has label, not mass; give the numbers their names" in done.stderr


def test_a_figure_that_is_never_a_number_cannot_be_monitored(run, lists, tmp_path):
    one = lists / "one.csv"
    one.write_text("".join((lists / "mass-test.csv").read_text().splitlines(True)[:2]))
    told = ["train", lists / "mass-train.csv", "-o", tmp_path / "m.npz", "--val", one, "-q"]
    done = run(*told, "--arch", "dense(classes)", "--epochs", "1", "--monitor", "val_r2")
    assert done.returncode == 3
    assert "val_r2 is no number on what there is to validate on" in done.stderr
    assert not (tmp_path / "m.npz").exists()


def test_rare_labels_count_more_if_asked_for(run, lists, learned, tmp_path):
    done = run("train", lists / "labels-train.csv", "-o", tmp_path / "m.npz", *FAST, "--json",
               "--class-weights", "auto")  # fmt: skip
    assert json.loads(done.stdout)["val_map"] > 0.8
    assert (tmp_path / "m.npz").read_bytes() != learned("labels")[0].read_bytes()


def test_numbers_have_no_class_weights(run, lists, tmp_path):
    done = run("train", lists / "mass-train.csv", "-o", tmp_path / "m.npz", *FAST,
               "--class-weights", "auto")  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "cnncli: --class-weights is not for regress; leave it out\n"
