import csv
import io
import json
import math
import os
import pty
import re
import shutil
import struct
import subprocess

import numpy as np
import pytest
from PIL import Image

KINDS = ("columns", "plain", "rows")


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def bad(tmp_path):
    """A file that is called .png and is none."""
    path = tmp_path / "bad.png"
    path.write_bytes(b"GIF89a, or not")
    return path


def test_plain_is_path_share_and_class(run, model, image):
    done = run("predict", model, image)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(rf"{re.escape(str(image))}: [01]\.\d\d rows\n", done.stdout)


def test_one_image_imports_nothing_that_only_others_need(script, model, image):
    def imported(*arguments):
        told = subprocess.run(
            ["python", "-v", *arguments], capture_output=True, text=True, check=True
        ).stderr
        return set(re.findall("^import '(.+?)'", told, re.M))

    needed = imported("-c", "import click, numpy, PIL.PngImagePlugin")
    extra = imported(script, "predict", model, image) - needed
    assert "cnncli.trained.answers" in extra
    assert not extra & {
        *("csv", "difflib", "gzip", "pathlib", "pkgutil", "random", "statistics"),
        *("subprocess", "zipfile", "numpy.random", "PIL.JpegImagePlugin", "PIL.TiffImagePlugin"),
        *("cnncli.data.arrays", "cnncli.data.source", "cnncli.data.walk", "cnncli.engine.timing"),
        *("cnncli.engine.optimizers", "cnncli.model_file.atomic", "cnncli.training.loop"),
    }


def test_plain_names_as_many_classes_as_asked_for(run, model, image):
    line = run("predict", model, image, "-k", "3").stdout
    found = re.fullmatch(r".*: ([\d.]+) (\w+), ([\d.]+) (\w+), ([\d.]+) (\w+)\n", line)
    shares = [float(found[i]) for i in (1, 3, 5)]
    assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1, abs=0.02)
    assert {found[i] for i in (2, 4, 6)} == set(KINDS)


def test_top_k_is_no_more_than_there_are_classes(run, model, image):
    assert len(records(run("predict", model, image, "-k", "99", "--json"))[0]["top"]) == 3


def test_jsonl_has_the_fields_of_the_contract(run, model, image):
    done = run("predict", model, image, "--format", "jsonl", "-k", "2")
    (record,) = records(done)
    assert list(record) == ["path", "label", "confidence", "top"]
    assert (record["path"], record["label"]) == (str(image), "rows")
    assert [list(one) for one in record["top"]] == [["label", "confidence"]] * 2
    assert record["top"][0] == {"label": "rows", "confidence": record["confidence"]}
    assert done.stdout == run("predict", model, image, "--json", "-k", "2").stdout


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_tables_have_a_header(run, model, image, form, delimiter):
    done = run("predict", model, image, "--format", form)
    header, row = csv.reader(io.StringIO(done.stdout), delimiter=delimiter)
    assert header == ["path", "label", "confidence"]
    assert row[:2] == [str(image), "rows"] and 0.34 < float(row[2]) <= 1
    assert "\r" not in done.stdout


def test_tables_have_columns_for_further_classes(run, model, image):
    done = run("predict", model, image, "--format", "csv", "-k", "3")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert list(row) == [
        "path", "label", "confidence", "label_2", "confidence_2", "label_3", "confidence_3",
    ]  # fmt: skip
    assert {row["label"], row["label_2"], row["label_3"]} == set(KINDS)


def test_it_knows_the_test_images(run, model, patterns):
    found = records(run("predict", model, patterns / "test", "--json"))
    assert len(found) == 12
    assert all(f"/{one['label']}/" in one["path"] for one in found)


def test_a_folder_is_walked_in_the_order_of_its_names(run, model, patterns):
    paths = [one["path"] for one in records(run("predict", model, patterns / "test", "--json"))]
    assert paths == sorted(paths, key=os.fsencode) and len(paths) == 12


def test_images_come_in_the_order_they_are_given(run, model, patterns):
    given = [str(patterns / "test" / kind / "1001.png") for kind in ("rows", "columns", "plain")]
    assert [one["path"] for one in records(run("predict", model, *given, "--json"))] == given


def test_the_answers_do_not_depend_on_batches_or_threads(run, model, patterns, image):
    arguments = ("predict", model, patterns / "test", "--json", "-k", "3")
    outputs = {
        run(*arguments, "-b", str(batch), "-j", str(threads)).stdout
        for batch, threads in ((1, 1), (5, 2), (64, 3), (12, 1))
    }
    assert len(outputs) == 1
    assert run("predict", model, image, "--json", "-k", "3").stdout in outputs.pop()


def test_an_image_can_come_on_stdin(run, model, image):
    with image.open("rb") as stdin:
        (record,) = records(run("predict", model, "-", "--json", stdin=stdin))
    (other,) = records(run("predict", model, image, "--json"))
    assert record == {**other, "path": "-"}


def test_a_model_can_come_on_stdin(run, model, image):
    with model.open("rb") as stdin:
        done = run("predict", "-", image, "--json", stdin=stdin)
    assert done.stdout == run("predict", model, image, "--json").stdout


def test_stdin_is_read_only_once(run, model):
    for arguments in (["-", "-"], [model, "-", "-"], [model, "-", "--files-from", "-"]):
        done = run("predict", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "cnncli: stdin can be read only once; give - once\n"


@pytest.mark.parametrize("inputs", ["-", "--files-from -"])
def test_closed_stdin_is_a_usage_error(shell, model, inputs):
    done = shell(f"cnncli predict {model} {inputs} <&-")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cnncli: stdin is closed; give files instead of -\n"


@pytest.mark.parametrize("ending", [".npz", ".npy"])
def test_a_batch_file_has_an_answer_per_image(run, model, patterns, tmp_path, ending):
    paths = sorted((patterns / "test").glob("*/1000.png"))
    images = np.stack([np.asarray(Image.open(path)) for path in paths])
    path = tmp_path / f"images{ending}"
    np.savez(path, x=images) if ending == ".npz" else np.save(path, images)
    found = records(run("predict", model, path, "--json"))
    assert [one["path"] for one in found] == [f"{path}[{i}]" for i in range(3)]
    assert [one["label"] for one in found] == [one.parent.name for one in paths]


@pytest.mark.parametrize(("flags", "end"), [((), "\n"), (("-0",), "\0")])
def test_paths_can_come_from_a_file_or_stdin(run, model, patterns, tmp_path, flags, end):
    paths = [str(path) for path in sorted((patterns / "test").glob("*/*.png"))]
    text = "".join(path + end for path in paths)
    (tmp_path / "list").write_text(text)
    expected = run("predict", model, *paths, "--json").stdout
    arguments = ("predict", model, "--json", *flags, "--files-from")
    assert run(*arguments, tmp_path / "list").stdout == expected
    assert run(*arguments, "-", input=text).stdout == expected


def test_an_answer_comes_before_the_next_path_is_known(script, model, image):
    with subprocess.Popen(
        [script, "predict", model, "--files-from", "-", "--json"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        for _ in range(2):
            process.stdin.write(f"{image}\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["path"] == str(image)
        assert process.communicate(timeout=10)[0] == ""
    assert process.returncode == 0


def test_bad_images_are_reported_in_their_place_as_json(run, model, image, bad):
    done = run("predict", model, image, bad, bad.parent / "missing.png", image, "--json")
    first, second, third, fourth = records(done)
    assert done.returncode == 4
    assert first == fourth and first["label"] == "rows"
    assert list(second) == ["path", "error"] and second["path"] == str(bad)
    assert "no such file" in third["error"]
    assert json.loads(done.stderr)["error"]["message"] == "2 of 4 images could not be predicted"


def test_bad_images_are_reported_in_their_place_as_text(run, model, image, bad):
    done = run("predict", model, bad, image)
    first, second = done.stdout.splitlines()
    assert done.returncode == 4
    assert first.startswith(f"{bad}: error: not a readable image") and second.startswith(
        f"{image}: "
    )
    assert done.stderr == "cnncli: 1 of 2 images could not be predicted\n"


def test_bad_images_are_empty_rows_of_a_table_and_told_on_stderr(run, model, image, bad):
    done = run("predict", model, bad, image, "--format", "csv", "-q")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.returncode == 4
    assert rows[0] == {"path": str(bad), "label": "", "confidence": ""}
    assert rows[1]["label"] == "rows"
    assert [str(bad) in line for line in done.stderr.splitlines()] == [True, False]


def test_nothing_is_named_below_the_least_confidence(run, model, image):
    arguments = ("predict", model, image, "--min-confidence", "1", "-k", "2")
    (record,) = records(run(*arguments, "--json"))
    assert (record["label"], record["top"]) == (None, []) and 0 < record["confidence"] < 1
    assert run(*arguments).stdout == f"{image}: unknown\n"
    (row,) = csv.reader(io.StringIO(run(*arguments, "--format", "csv").stdout.split("\n")[1]))
    assert (row[0], row[1], row[3:]) == (str(image), "", ["", ""]) and 0 < float(row[2]) < 1


def test_classes_below_the_least_confidence_are_left_out(run, model, image):
    (record,) = records(run("predict", model, image, "--json", "-k3", "--min-confidence", "0.34"))
    assert [one["label"] for one in record["top"]] == ["rows"]


def test_logits_are_those_the_shares_come_from(run, model, image):
    (record,) = records(run("predict", model, image, "--json", "-k3", "--output-kind", "logits"))
    assert list(record) == ["path", "label", "confidence", "top", "logits"]
    shares = np.exp(record["logits"]) / np.exp(record["logits"]).sum()
    by_name = {one["label"]: one["confidence"] for one in record["top"]}
    assert [by_name[kind] for kind in KINDS] == pytest.approx(shares.tolist(), rel=1e-5)


def test_logits_of_a_table_have_a_column_per_class(run, model, image):
    arguments = ("predict", model, image, "--output-kind", "logits")
    (row,) = csv.DictReader(io.StringIO(run(*arguments, "--format", "csv").stdout))
    (record,) = records(run(*arguments, "--json"))
    assert list(row) == ["path", *KINDS]
    assert [float(row[kind]) for kind in KINDS] == record["logits"]
    assert run(*arguments).stdout == f"{image}: {' '.join(map(str, record['logits']))}\n"


def test_features_have_the_shape_of_their_layer(run, model, image):
    arguments = ("predict", model, image, "--output-kind", "features:maxpool1")
    (record,) = records(run(*arguments, "--json"))
    features = np.array(record["features"])
    assert record["label"] == "rows" and features.shape == (3, 4, 4)
    assert (features >= 0).all() and features.any()
    header, row = csv.reader(io.StringIO(run(*arguments, "--format", "csv").stdout))
    assert header == ["path", *(f"maxpool1[{i}]" for i in range(48))]
    assert [float(one) for one in row[1:]] == features.ravel().tolist()


def test_every_layer_has_features(run, model, image):
    for layer, size in (("conv1", 6 * 8 * 4), ("relu1", 6 * 8 * 4), ("dense1", 3)):
        done = run("predict", model, image, "--output-kind", f"features:{layer}")
        assert len(done.stdout.split()) == 1 + size, done.stderr


@pytest.mark.parametrize(
    ("kind", "message"),
    [("features:conv9", "there are conv1, relu1, maxpool1, dense1"), ("features", "give probs,"),
     ("embeddings", "give probs, logits or features:LAYER")],
)  # fmt: skip
def test_an_unknown_kind_is_refused(call, model, image, kind, message):
    done = call("predict", model, image, "--output-kind", kind)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_latency_gives_the_same_answers(run, model, patterns):
    quick = records(run("predict", model, patterns / "test", "--json", "--latency"))
    usual = records(run("predict", model, patterns / "test", "--json"))
    assert [one["label"] for one in quick] == [one["label"] for one in usual]
    assert [one["confidence"] for one in quick] == pytest.approx(
        [one["confidence"] for one in usual]
    )


@pytest.mark.parametrize(
    "arguments",
    [[], ["x.png", "--json", "--format", "csv"], ["x.png", "--latency", "-b", "2"],
     ["x.png", "-0"], ["x.png", "-k", "0"], ["x.png", "--min-confidence", "2"]],
)  # fmt: skip
def test_options_that_contradict_each_other_are_refused(call, model, arguments):
    done = call("predict", model, *arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_folder_without_images_is_an_input_that_failed(run, model, image, tmp_path):
    done = run("predict", model, tmp_path, image, "--json")
    first, second = records(done)
    assert (done.returncode, second["label"]) == (4, "rows")
    assert first["path"] == str(tmp_path) and "no images" in first["error"]


def test_an_empty_list_of_paths_has_no_answers(run, model):
    done = run("predict", model, "--files-from", "-", "--format", "csv", input="")
    assert (done.returncode, done.stdout) == (0, "path,label,confidence\n")
    assert done.stderr == "no images in the input\n"


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no model at all"])
def test_what_is_no_model_is_refused(call, tmp_path, image, content):
    (tmp_path / "m.npz").write_bytes(content)
    done = call("predict", tmp_path / "m.npz", image)
    assert (done.returncode, done.stdout) == (5, "")
    assert re.fullmatch("cnncli: .*m.npz.*\n", done.stderr)


def test_a_truncated_model_is_refused(run, model, tmp_path, image):
    (tmp_path / "m.npz").write_bytes(model.read_bytes()[:-100])
    done = run("predict", tmp_path / "m.npz", image)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (5, "", 1)


def test_a_reader_that_goes_away_ends_it_silently(shell, model, patterns):
    images = f"$(for i in $(seq 300); do echo {patterns}/test; done)"
    done = shell(f"cnncli predict {model} {images} | head -n 1; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stdout.count("\n"), done.stderr) == (141, 1, "")


def test_a_full_disk_behind_stdout_is_one_line(shell, model, patterns):
    done = shell(f"cnncli predict {model} {patterns}/test --json >/dev/full")
    assert done.returncode == 1
    assert json.loads(done.stderr)["error"]["message"].endswith("no space left on device")


def test_names_keep_their_bytes(run, model, image, tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\n, \"'.png"
    shutil.copy(image, path)
    plain = run("predict", model, os.fsdecode(path), text=False)
    assert plain.stdout.startswith(path + b": ")
    assert json.loads(run("predict", model, os.fsdecode(path), "--json").stdout)[
        "path"
    ] == os.fsdecode(path)
    listed = run("predict", model, "--files-from", "-", "-0", text=False, input=path + b"\0")
    assert listed.stdout == plain.stdout


def test_a_terminal_gets_no_control_characters_of_a_name(script, model, image, tmp_path):
    path = tmp_path / "\x1b]0;owned\x07.png"
    shutil.copy(image, path)
    master, slave = pty.openpty()
    subprocess.run([script, "predict", model, path, tmp_path / "\x1bmissing.png"],
                   stdout=slave, stderr=slave, timeout=60)  # fmt: skip
    os.close(slave)
    shown = os.read(master, 65536)
    os.close(master)
    assert b"\\x1b]0;owned\\x07.png: " in shown and b"\x1b" not in shown


def test_a_path_that_begins_with_a_dash_follows_two_of_them(run, model, image, tmp_path):
    shutil.copy(image, tmp_path / "-k.png")
    done = run("predict", model, "--", "-k.png", cwd=tmp_path)
    assert (done.returncode, done.stdout[:8]) == (0, "-k.png: ")


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_a_table_has_a_reason_for_what_could_not_be_predicted(
    run, model, image, tmp_path, form, delimiter
):
    names = ["new\nline.png", "re\rturn.png", 'quo"te\t,.png']
    for name in names:
        (tmp_path / name).write_bytes(image.read_bytes())
    (tmp_path / "broken.png").write_bytes(b"no image")
    arguments = (*names, "broken.png", "--format", form, "--with-errors")
    done = run("predict", model, *arguments, cwd=tmp_path, text=False)
    text = io.StringIO(done.stdout.decode(), newline="")
    header, *rows = csv.reader(text, delimiter=delimiter)
    assert (done.returncode, header) == (4, ["path", "label", "confidence", "error"])
    assert [row[0] for row in rows] == [*names, "broken.png"]
    assert [bool(row[3]) for row in rows] == [False, False, False, True]
    assert "not JPEG, PNG" in rows[-1][3]


def test_a_reason_column_is_for_tables_alone(run, model, image):
    assert run("predict", model, image, "--with-errors").returncode == 2


def test_a_model_and_its_input_in_the_wrong_order_are_noticed(run, model, patterns):
    done = run("predict", patterns, model)
    assert done.returncode == 5
    assert (
        done.stderr == f"cnncli: {patterns}: is a folder, not a model file; the model comes first\n"
    )


@pytest.mark.parametrize("share", ["97", "2.5", "100"])
def test_a_share_in_percent_is_told_as_a_share(run, model, image, share):
    done = run("predict", model, image, "--min-confidence", share)
    assert done.returncode == 2
    assert f"write {float(share) / 100:g} for {float(share):g} %" in done.stderr


def make_header(kind, height, width):
    """Return an image file of this size that ends behind its header."""
    if kind == "PPM":
        return b"P6 %d %d 255\n" % (width, height)
    if kind == "BMP":
        return (
            b"BM"
            + struct.pack("<3I", 0, 0, 54)
            + struct.pack("<3I2H6I", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
        )
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 100) + b"WEBPVP8X" + struct.pack("<II", 10, 2) + size


@pytest.mark.parametrize(
    ("kind", "side", "megabytes"),
    [("PPM", 9000, 617.98), ("BMP", 8500, 551.2), ("WEBP", 4000, 732.4)],
)
def test_an_image_that_takes_too_much_memory_is_refused_with_the_option_that_allows_it(
    call, model, tmp_path, kind, side, megabytes
):
    path = tmp_path / "large.png"
    path.write_bytes(make_header(kind, side, side))
    done = call("predict", model, path, "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["error"] == (
        f"not a readable image ({side}x{side}, {side * side / 1e6:.0f} megapixels, takes "
        f"{megabytes:.0f} MB of memory, and --max-memory is 512 MB); --max-memory "
        f"{math.ceil(megabytes)}M allows it"
    )
    done = call("predict", model, path, "--json", "--max-memory", f"{math.ceil(megabytes)}M")
    assert "megapixels" not in done.stdout
    assert done.returncode == 4  # its pixels are missing


@pytest.mark.parametrize("command", ["predict", "evaluate", "inspect-filters"])
def test_a_model_that_takes_more_than_is_allowed_is_refused(call, model, patterns, command):
    inputs = {"predict": [patterns], "evaluate": [patterns], "inspect-filters": []}[command]
    done = call(command, model, *inputs, "--max-memory", "1K")
    assert done.returncode == 5
    assert done.stderr.startswith(f"cnncli: {model}: for one input its ")
    assert done.stderr.endswith("; --max-memory 1M allows it\n")


def test_values_of_another_range_than_in_training_are_said(run, tmp_path):
    for kind in "ab":
        (tmp_path / "set" / kind).mkdir(parents=True)
        for i in range(10):
            levels = np.full((6, 6), 700 + i + 100 * (kind == "b"), np.uint16)
            Image.fromarray(levels).save(tmp_path / "set" / kind / f"{i}.png")
    model, bright = tmp_path / "m.npz", tmp_path / "bright.png"
    arch = "conv(2, 3) >> global_avgpool >> dense(classes)"
    done = run("train", tmp_path / "set", "-o", model, "--arch", arch, "--epochs", "1")
    assert ", taken as 10 bits: 0 to 1023 become levels" in done.stderr
    assert "too dark or bright" not in done.stderr
    Image.fromarray(np.full((6, 6), 5000, np.uint16)).save(bright)
    done = run("predict", model, tmp_path / "set" / "a" / "0.png", bright)
    assert done.returncode == 0
    assert done.stderr == (
        f"{bright}: its values are of another range than the training images', so it is too dark "
        "or bright\n"
    )
    for kind in "ab":
        (tmp_path / "other" / kind).mkdir(parents=True)
        shutil.copy(bright, tmp_path / "other" / kind / "c.png")
    done = run("evaluate", model, tmp_path / "other")
    assert "training images', so that they are too dark or bright: 2\n" in done.stderr


def test_means_over_copies_are_the_same_bytes_in_any_company(run, model, patterns):
    outputs = {
        run(
            "predict", model, patterns / "test", "--tta", "--json", "-b", batch, "-j", threads
        ).stdout
        for batch, threads in (("1", "1"), ("5", "2"), ("64", "2"))
    }
    assert len(outputs) == 1
    lines = [json.loads(line) for line in outputs.pop().splitlines()]
    assert [line["tta"] for line in lines] == [3] * 12
    plain = records(run("predict", model, patterns / "test", "--json"))
    assert [line["confidence"] for line in lines] != [line["confidence"] for line in plain]


def test_means_over_copies_of_single_images_differ_by_rounding_alone(run, model, image):
    (mean,) = records(run("predict", model, image, "--tta", "--json"))
    (alone,) = records(run("predict", model, image, "--tta", "--json", "--latency"))
    assert alone["confidence"] == pytest.approx(mean["confidence"], abs=1e-5)


def test_an_error_among_means_over_copies_stays_an_error(run, model, image, bad):
    done = run("predict", model, bad, image, "--tta", "--json")
    assert done.returncode == 4
    assert [list(record) for record in records(done)] == [
        ["path", "error"],
        ["path", "label", "confidence", "top", "tta"],
    ]
    assert "each answer is the mean over 3 copies, shifted by up to 1 pixel\n" in done.stderr


def test_features_have_no_mean_over_copies(run, model, image):
    done = run("predict", model, image, "--tta", "--output-kind", "features:conv1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "cnncli: --output-kind features:conv1: is of the image alone; leave --tta out\n"
    )
