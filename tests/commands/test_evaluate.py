import csv
import json
import shutil

import pytest
from PIL import Image

FIELDS = [
    "schema", "command", "split", "images", "accuracy", "accuracy_interval", "top5_accuracy",
    "loss", "balanced_accuracy", "ece", "classes", "confusion",
]  # fmt: skip


@pytest.fixture
def mixed(patterns, tmp_path):
    """Test images of which two of the rows lie among the columns."""
    shutil.copytree(patterns / "test", tmp_path / "mixed")
    for number in (1000, 1001):
        name = tmp_path / "mixed" / "rows" / f"{number}.png"
        name.rename(tmp_path / "mixed" / "columns" / f"wrong {number}.png")
    return tmp_path / "mixed"


def rows_of(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def test_json_has_the_fields_of_the_contract(run, model, patterns):
    done = run("evaluate", model, patterns, "--json")
    record = json.loads(done.stdout)
    assert (done.returncode, list(record)) == (0, FIELDS)
    assert (record["schema"], record["command"], record["images"]) == (1, "evaluate", 12)
    assert (record["split"], record["accuracy"], record["balanced_accuracy"]) == ("test", 1, 1)
    assert record["top5_accuracy"] is None  # of three classes the first five are all
    assert record["accuracy_interval"] == pytest.approx([0.7575, 1], abs=1e-4)
    assert record["classes"][2] == {
        "name": "rows", "precision": 1, "recall": 1, "f1": 1, "support": 4
    }  # fmt: skip
    assert record["confusion"] == [[4, 0, 0], [0, 4, 0], [0, 0, 4]]


def test_mistakes_are_counted_where_they_are(run, model, mixed):
    record = json.loads(run("evaluate", model, mixed, "--json").stdout)
    assert record["accuracy"] == pytest.approx(10 / 12)
    assert record["confusion"] == [[4, 0, 2], [0, 4, 0], [0, 0, 2]]
    columns, _, rows = record["classes"]
    assert (columns["recall"], columns["precision"]) == (pytest.approx(4 / 6), 1)
    assert (rows["recall"], rows["precision"]) == (1, pytest.approx(2 / 4))


def test_without_json_it_is_a_table(run, model, mixed):
    done = run("evaluate", model, mixed)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("accuracy           0.8333  (95 % interval ")
    assert "images             12" in lines
    assert "columns     1.0000  0.6667  0.8000        6" in lines
    assert lines[-3:] == ["columns  0  4 0 2", "plain    1  0 4 0", "rows     2  0 0 2"]


def test_the_result_does_not_depend_on_batches_or_threads(run, model, mixed):
    outputs = {
        run("evaluate", model, mixed, "--json", "-b", batch, "-j", threads).stdout
        for batch, threads in (("1", "1"), ("5", "2"), ("64", "3"))
    }
    assert len(outputs) == 1


def test_the_test_part_is_taken_where_there_is_one(run, model, patterns):
    done = run("evaluate", model, patterns)
    assert f"{patterns}/test: 12 images of 3 classes (split: test)\n" in done.stderr
    assert "top-5" not in done.stdout


def test_the_images_that_were_trained_on_are_not_judged_unless_asked_for(run, model, patterns):
    done = run("evaluate", model, patterns / "train", "--json")
    assert "only those it was validated on are judged" in done.stderr
    held = json.loads(done.stdout)
    parts = {
        split: json.loads(run("evaluate", model, patterns, "--json", "-q", "--split", split).stdout)
        for split in ("val", "train", "all")
    }
    assert held == parts["val"]
    assert {name: part["split"] for name, part in parts.items()} == {name: name for name in parts}
    assert parts["train"]["images"] + held["images"] == 60
    assert parts["all"]["images"] == 72


def test_images_the_model_was_not_validated_on_are_no_val_part(run, model, mixed):
    done = run("evaluate", model, mixed, "--split", "val")
    assert (done.returncode, done.stdout) == (3, "")
    assert "images the model was validated on, or files were added or taken away" in done.stderr
    assert done.stderr.endswith("; give that set, or leave --split out\n")


def test_the_top_five_are_told_of_more_than_five_classes(run, tmp_path):
    for number in range(48):
        path = tmp_path / "set" / "abcdef"[number % 6] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 6), 40 * (number % 6)).save(path)
    run(
        "train", tmp_path / "set", "-o", tmp_path / "m", "--arch", "dense(classes)", "--epochs", "1"
    )
    done = run("evaluate", tmp_path / "m", tmp_path / "set", "--split", "all", "--json")
    assert 0 <= json.loads(done.stdout)["top5_accuracy"] <= 1


def test_a_gate_that_is_not_met_ends_with_6_after_the_figures(run, model, mixed):
    done = run("evaluate", model, mixed, "--json", "--fail-under", "0.9")
    assert done.returncode == 6
    assert json.loads(done.stdout)["images"] == 12
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert error["code"] == "gate"
    assert error["message"] == "accuracy 0.833333 is below --fail-under 0.9"


def test_a_gate_that_is_met_ends_with_0(run, model, patterns):
    assert run("evaluate", model, patterns, "--fail-under", "1").returncode == 0


@pytest.mark.parametrize("gate", ["-1", "1.01", "97", "x"])
def test_a_gate_is_a_share(run, model, patterns, gate):
    assert run("evaluate", model, patterns, "--fail-under", gate).returncode == 2


def test_per_image_has_a_row_per_image_that_adds_up(run, model, mixed, tmp_path):
    path = tmp_path / "images.csv"
    record = json.loads(run("evaluate", model, mixed, "--json", "--per-image", path).stdout)
    rows = rows_of(path)
    assert list(rows[0]) == ["path", "label", "predicted", "confidence", "loss"]
    assert len(rows) == 12
    assert sum(row["label"] != row["predicted"] for row in rows) == 2
    assert all(f"/{row['label']}/" in row["path"] for row in rows)
    losses = [float(row["loss"]) for row in rows]
    assert sum(losses) / 12 == pytest.approx(record["loss"], rel=1e-5)


def test_confidences_are_those_of_predict(run, model, patterns, tmp_path):
    run("evaluate", model, patterns, "--per-image", tmp_path / "images.csv")
    rows = {row["path"]: row for row in rows_of(tmp_path / "images.csv")}
    for line in run("predict", model, patterns / "test", "--json").stdout.splitlines():
        answer = json.loads(line)
        row = rows[answer["path"]]
        assert (row["predicted"], float(row["confidence"])) == (
            answer["label"],
            answer["confidence"],
        )


def test_the_confusion_matrix_is_drawn(run, model, mixed, tmp_path):
    path = tmp_path / "confusion.png"
    assert run("evaluate", model, mixed, "--confusion", path).returncode == 0
    with Image.open(path) as picture:
        assert picture.format == "PNG" and min(picture.size) > 50


@pytest.mark.parametrize("option", ["--per-image", "--confusion"])
def test_existing_files_are_kept_unless_forced(run, model, patterns, tmp_path, option):
    path = tmp_path / "file"
    path.write_text("precious")
    done = run("evaluate", model, patterns, option, path)
    assert (done.returncode, done.stdout, path.read_text()) == (2, "", "precious")
    assert run("evaluate", model, patterns, option, path, "--force").returncode == 0
    assert path.read_bytes() != b"precious"


def test_rows_on_stdout_leave_the_figures_to_stderr(run, model, patterns):
    done = run("evaluate", model, patterns, "--per-image", "-")
    assert len(list(csv.DictReader(done.stdout.splitlines()))) == 12
    assert "accuracy           1.0000" in done.stderr
    assert run("evaluate", model, patterns, "--per-image", "-", "--json").returncode == 2


def test_a_class_the_model_does_not_know_is_a_data_error(run, model, patterns, tmp_path):
    shutil.copytree(patterns / "test", tmp_path / "set")
    (tmp_path / "set" / "rows").rename(tmp_path / "set" / "zebras")
    done = run("evaluate", model, tmp_path / "set", "--json")
    assert (done.returncode, done.stdout) == (3, "")
    assert "zebras" in json.loads(done.stderr.splitlines()[-1])["error"]["message"]


def test_a_class_that_is_missing_moves_no_other(run, model, patterns, tmp_path):
    shutil.copytree(patterns / "test", tmp_path / "set")
    shutil.rmtree(tmp_path / "set" / "columns")
    record = json.loads(run("evaluate", model, tmp_path / "set", "--json").stdout)
    assert (record["accuracy"], record["balanced_accuracy"], record["images"]) == (1, 1, 8)
    assert record["classes"][0]["recall"] is None
    assert "-" in run("evaluate", model, tmp_path / "set").stdout


def test_an_unreadable_image_is_a_data_error(run, model, patterns, tmp_path):
    shutil.copytree(patterns / "test", tmp_path / "set")
    (tmp_path / "set" / "rows" / "bad.png").write_bytes(b"bad")
    done = run("evaluate", model, tmp_path / "set")
    assert (done.returncode, done.stdout) == (3, "")
    assert "rows/bad.png" in done.stderr


def test_a_model_that_is_none_is_refused_before_the_data_are_read(run, tmp_path):
    done = run("evaluate", tmp_path / "missing.npz", tmp_path / "missing")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (5, "", 1)


@pytest.mark.parametrize("name", ["c.jpg", "c.gif", "c.PDF"])
def test_a_confusion_matrix_is_a_png_by_its_name_too(run, model, patterns, tmp_path, name):
    done = run("evaluate", model, patterns, "--confusion", tmp_path / name)
    assert done.returncode == 2
    assert "give a name that ends in .png" in done.stderr
    assert not (tmp_path / name).exists()


def test_a_tsv_of_images_has_tabs(run, model, patterns, tmp_path):
    run("evaluate", model, patterns, "--per-image", tmp_path / "p.tsv")
    header, *rows = (tmp_path / "p.tsv").read_text().splitlines()
    assert header.split("\t") == ["path", "label", "predicted", "confidence", "loss"]
    assert {row.count("\t") for row in rows} == {4}


def test_figures_of_means_over_copies_say_so(run, model, patterns):
    done = run("evaluate", model, patterns, "--tta", "--json")
    record = json.loads(done.stdout)
    assert list(record) == [*FIELDS[:3], "tta", *FIELDS[3:]]
    assert (record["tta"], record["images"]) == (3, 12)
    assert "each answer is the mean over 3 copies, shifted by up to 1 pixel\n" in done.stderr
    assert record["loss"] != json.loads(run("evaluate", model, patterns, "--json").stdout)["loss"]
