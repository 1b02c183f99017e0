import hashlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess

import numpy as np
import pytest
from PIL import Image

ARCH = "conv(4, 3) >> relu >> maxpool >> dense(classes)"
FAST = ("--arch", ARCH, "--epochs", "2", "-b", "16")
FIELDS = [
    "schema", "command", "model", "arch", "params", "classes", "train_images", "val_images",
    "epochs_run", "best_epoch", "train_loss", "val_loss", "val_accuracy", "seconds",
    "images_per_second", "sha256",
]  # fmt: skip


def manifest(path):
    with np.load(path, allow_pickle=False) as arrays:
        return json.loads(bytes(arrays["manifest"]))


def test_json_has_the_fields_of_the_contract(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m.npz", *FAST, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert list(record) == FIELDS
    assert (record["schema"], record["command"]) == (1, "train")
    assert record["model"] == str(tmp_path / "m.npz")
    assert record["params"] == 4 * 9 + 4 + 3 * 4 * 12 + 3
    assert record["classes"] == ["columns", "plain", "rows"]
    assert (record["train_images"], record["epochs_run"]) == (60 - record["val_images"], 2)
    assert record["best_epoch"] in (1, 2)
    assert record["sha256"] == hashlib.sha256((tmp_path / "m.npz").read_bytes()).hexdigest()


def test_stdout_is_one_line_and_stderr_tells_the_story(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m.npz", *FAST)
    assert re.fullmatch(
        r"\S*/m\.npz: epoch \d of 2, [\d.]+ % of \d+ validation images right, "
        r"187 parameters, [\d.]+ s\n",
        done.stdout,
    )
    lines = done.stderr.splitlines()
    assert lines[0].endswith("3 classes: columns, plain, rows")
    assert lines[1] == "images per class: columns (20), plain (20), rows (20)"
    assert lines[2].startswith("input: 8x10x1, gray, ")
    assert lines[3] == "network: conv(4, 3) >> relu >> maxpool >> dense(3)"
    assert lines[4].startswith("settings: 2 epochs, batches of 16, ")
    assert lines[5].startswith("187 parameters, ")
    assert [line.split(",")[0] for line in lines[6:]] == ["epoch 1/2", "epoch 2/2"]
    assert re.fullmatch(
        r"epoch 1/2, train loss [\d.]+, val loss [\d.]+, val accuracy [\d.]+ \(best\)", lines[6]
    )
    assert len(lines[6]) <= 80
    assert "\r" not in done.stderr and "\x1b" not in done.stderr


def test_a_fraction_of_epochs_ends_with_a_shorter_one(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m.npz", *FAST, "--epochs", "1.5")
    assert "settings: 1.5 epochs, " in done.stderr
    lines = [line.split(",")[0] for line in done.stderr.splitlines() if "train loss" in line]
    assert lines == ["epoch 1/1.5", "epoch 1.5/1.5"]
    assert " of 2, " in done.stdout
    assert manifest(tmp_path / "m.npz")["training"]["settings"]["epochs"] == 1.5


def test_a_class_of_few_images_is_a_notice(run, patterns, tmp_path):
    data = shutil.copytree(patterns, tmp_path / "set")
    for path in sorted((data / "train" / "rows").iterdir())[3:]:
        path.unlink()
    done = run("train", data, "-o", tmp_path / "m.npz", *FAST)
    assert "images per class: columns (20), plain (20), rows (3)\n" in done.stderr
    notice = f"{data}: few images: rows (3), where columns has 20; add some, for "
    hint = "; --class-weights auto lets them count more\n"
    assert notice in done.stderr and hint in done.stderr
    weighted = run(
        "train", data, "-o", tmp_path / "w.npz", *FAST, "--class-weights", "auto", "--json"
    )
    assert notice in weighted.stderr and hint not in weighted.stderr
    assert manifest(tmp_path / "w.npz").get("task") is None
    assert (tmp_path / "w.npz").read_bytes() != (tmp_path / "m.npz").read_bytes()


def test_quiet_leaves_stderr_empty(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m.npz", *FAST, "-q")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_gets_a_bar_that_is_taken_away(script, patterns, tmp_path):
    master, slave = pty.openpty()
    arguments = ["--arch", "conv(64, 3) >> conv(64, 3) >> dense(classes)", "--img-size", "48"]
    with subprocess.Popen(
        [script, "train", patterns, "-o", tmp_path / "m.npz", *arguments, "--epochs", "1", "-b1"],
        stdout=subprocess.PIPE,
        stderr=slave,
        env={**os.environ, "TERM": "xterm"},
    ) as process:
        os.close(slave)
        shown = b""
        try:
            while piece := os.read(master, 65536):
                shown += piece
        except OSError:  # the other end is closed
            pass
        assert b"\r" not in process.stdout.read()
    os.close(master)
    assert "━" in shown.decode()
    assert shown.index(b"\r\x1b[K") < shown.index(b"epoch 1/1, train loss")


def test_the_model_needs_a_name(run, patterns):
    done = run("train", patterns)
    assert done.returncode == 2
    assert "missing option '-o'" in done.stderr


def test_an_existing_file_is_kept_unless_forced(run, patterns, tmp_path):
    path = tmp_path / "m.npz"
    path.write_text("precious")
    refused = run("train", tmp_path / "no data, for it is not read", "-o", path, *FAST)
    assert refused.returncode == 2
    assert "-f" in refused.stderr and path.read_text() == "precious"
    assert run("train", patterns, "-o", path, *FAST, "-f").returncode == 0
    assert manifest(path)["classes"] == ["columns", "plain", "rows"]


def test_a_missing_folder_is_found_before_any_work(run, tmp_path):
    done = run("train", tmp_path / "no data", "-o", tmp_path / "none" / "m.npz")
    assert (done.returncode, "no folder" in done.stderr) == (2, True)


def test_no_epoch_writes_the_untrained_network(run, patterns, tmp_path):
    path = tmp_path / "m.npz"
    done = run("train", patterns, "-o", path, "--arch", ARCH, "--epochs", "0", "--json")
    record = json.loads(done.stdout)
    assert list(record) == FIELDS
    assert (record["epochs_run"], record["best_epoch"], record["val_loss"]) == (0, None, None)
    assert run("predict", path, patterns / "test").returncode == 0


def test_equal_settings_give_equal_bytes_on_any_number_of_threads(run, patterns, tmp_path):
    digests = set()
    for number, threads in enumerate((1, 2, 3)):
        path = tmp_path / f"{number}.npz"
        done = run("train", patterns, "-o", path, *FAST, "-j", str(threads), "--json")
        digests.add(json.loads(done.stdout)["sha256"])
    assert len(digests) == 1


def test_another_seed_gives_another_network(run, patterns, tmp_path):
    digests = {
        json.loads(
            run("train", patterns, "-o", tmp_path / seed, *FAST, "--seed", seed, "--json").stdout
        )["sha256"]
        for seed in ("0", "1")
    }
    assert len(digests) == 2
    assert manifest(tmp_path / "1")["training"]["settings"]["seed"] == 1


def test_the_data_are_left_as_they_were(run, patterns, tmp_path):
    def state():
        return {path: path.stat().st_mtime_ns for path in patterns.rglob("*")}

    before = state()
    run("train", patterns, "-o", tmp_path / "m.npz", *FAST)
    assert state() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz"]


def test_a_test_folder_is_not_trained_on(run, patterns, tmp_path):
    record = json.loads(run("train", patterns, "-o", tmp_path / "m", *FAST, "--json").stdout)
    assert record["train_images"] + record["val_images"] == 60


def test_validation_can_be_a_fraction(run, patterns, tmp_path):
    arguments = ("train", patterns, "-o", tmp_path / "m", *FAST, "--val", "0.5", "--json")
    assert 20 <= json.loads(run(*arguments).stdout)["val_images"] <= 40


def test_validation_can_be_another_folder(run, patterns, tmp_path):
    arguments = ("train", patterns, "-o", tmp_path / "m", *FAST, "--val", patterns / "test")
    record = json.loads(run(*arguments, "--json").stdout)
    assert (record["train_images"], record["val_images"]) == (60, 12)


def test_an_optimizer_can_be_given_with_its_settings(run, patterns, tmp_path):
    path = tmp_path / "m.npz"
    done = run("train", patterns, "-o", path, *FAST, "--optimizer", "adam(0.8, 0.98)")
    assert done.returncode == 0
    assert manifest(path)["training"]["settings"]["optimizer"] == "adam(0.8, 0.98)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--optimizer", "adam(2)"], "--optimizer adam: beta1 is '2'; expected a number from 0 up"),
        (
            ["--optimizer", "adam(0.8)", "--momentum", "0.9"],
            "--momentum 0.9: --optimizer adam(0.8)",
        ),
    ],
)
def test_settings_of_an_optimizer_that_do_not_fit_are_an_error(
    call, patterns, tmp_path, options, message
):
    done = call("train", patterns, "-o", tmp_path / "m.npz", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize("fraction", ["0", "1", "1.5", "-0.1", "nan"])
def test_validation_is_no_other_number(call, patterns, tmp_path, fraction):
    done = call("train", patterns, "-o", tmp_path / "m", "--val", fraction)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"cnncli: --val {fraction}: give a fraction between 0 and 1")


def test_auto_chooses_a_network_and_says_which(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m", "--epochs", "1", "-q", "--json")
    assert done.returncode == 0
    told = run("train", patterns, "-o", tmp_path / "n", "--epochs", "1")
    assert f"network: {json.loads(done.stdout)['arch']}\n" in told.stderr


def test_a_preset_brings_its_image_size(run, patterns, tmp_path):
    arguments = ("train", patterns, "-o", tmp_path / "m", "--arch", "lenet5", "--epochs", "1")
    assert "input: 32x32x1, " in run(*arguments).stderr
    assert "input: 28x36x1, " in run(*arguments, "--img-size", "28x36", "-f").stderr


@pytest.mark.parametrize(
    ("arch", "size", "change"),
    [
        ("squeezenet", "24x24", "maxpool"),
        ("mobilenet_v2", "16x16", "conv"),
        ("resnet18", "20x20", "conv(64, 7, 2, 3"),
    ],
)
def test_a_preset_for_large_images_is_adapted_to_small_ones(
    run, patterns, tmp_path, arch, size, change
):
    arguments = ("-o", tmp_path / "m", "--epochs", "0", "--img-size", size)
    done = run("train", patterns, "--arch", arch, *arguments)
    assert done.returncode == 0, done.stderr
    assert f"{arch} is made for larger inputs; for {size}x1 it is adapted" in done.stderr
    assert f"  {change}" in done.stderr
    (tmp_path / "adapted.cnn").write_text(run("arch", arch, "--for", f"{size}x1").stdout)
    whole = run("shape-calc", f"@{tmp_path / 'adapted.cnn'}", "--classes", "3", "--json").stdout
    assert f"network: {json.loads(whole)['arch']}\n" in done.stderr


def test_small_images_are_not_enlarged_to_what_a_large_preset_takes(run, patterns, tmp_path):
    arguments = ("-o", tmp_path / "m", "--epochs", "0")
    done = run("train", patterns, "--arch", "squeezenet", *arguments)
    assert done.returncode == 0, done.stderr
    assert "input: 224" not in done.stderr
    assert "squeezenet is made for larger inputs" in done.stderr


@pytest.mark.parametrize("name", ["m.h5", "m.pt", "m.ONNX", "m.keras", "m.pkl"])
def test_a_name_that_promises_another_format_is_refused(call, patterns, tmp_path, name):
    done = call("train", patterns, "-o", tmp_path / name)
    assert done.returncode == 2
    assert "give a name that ends in .npz" in done.stderr


def test_an_architecture_can_come_from_a_file(run, patterns, tmp_path):
    (tmp_path / "net.cnn").write_text("block = conv(3, 3) >> relu\nblock >> dense(classes)\n")
    done = run("train", patterns, "-o", "m.npz", "--arch", "@net.cnn", "--epochs", "1", "--json",
               cwd=tmp_path)  # fmt: skip
    assert json.loads(done.stdout)["arch"] == "conv(3, 3) >> relu >> dense(3)"


def test_a_mistake_in_the_architecture_is_found_before_the_data(run, tmp_path):
    done = run("train", tmp_path / "no data", "-o", tmp_path / "m", "--arch", "conv(3, 3) >> rleu")
    assert (done.returncode, done.stdout) == (2, "")
    assert "column" in done.stderr and "relu" in done.stderr


@pytest.mark.parametrize(
    "arch", ["conv(3, 30) >> dense(classes)", "dense(7)", "conv(3, 3)", "conv(4, 3) >> relu"]
)
def test_a_network_that_does_not_fit_writes_nothing(call, patterns, tmp_path, arch):
    done = call("train", patterns, "-o", tmp_path / "m", "--arch", arch)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert done.stderr.splitlines()[-1].startswith("cnncli: ")


def broken_set(patterns, folder):
    shutil.copytree(patterns, folder)
    (folder / "train" / "rows" / "3.png").write_bytes(b"no image")
    return folder


def test_an_unreadable_image_stops_it_before_the_first_epoch(run, patterns, tmp_path):
    done = run("train", broken_set(patterns, tmp_path / "set"), "-o", tmp_path / "m", *FAST)
    assert (done.returncode, done.stdout) == (3, "")
    assert "rows/3.png" in done.stderr and "epoch" not in done.stderr
    assert not (tmp_path / "m").exists()


def test_no_data_is_a_data_error(run, tmp_path):
    done = run("train", tmp_path, "-o", tmp_path / "m", "--json")
    error = json.loads(done.stderr.splitlines()[-1])["error"]
    assert (done.returncode, error["code"], error["path"]) == (3, "data", str(tmp_path))


def test_one_class_is_a_data_error(run, patterns, tmp_path):
    shutil.copytree(patterns / "train" / "rows", tmp_path / "set" / "rows")
    assert run("train", tmp_path / "set", "-o", tmp_path / "m").returncode == 3


def test_a_list_on_stdin_is_a_data_set(run, patterns, tmp_path):
    paths = sorted((patterns / "train").glob("*/*.png"))
    listed = "".join(f"{path},{path.parent.name}\n" for path in paths)
    done = run("train", "-", "-o", tmp_path / "m", *FAST, "--json", input="path,label\n" + listed)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["classes"] == ["columns", "plain", "rows"]


def test_a_folder_of_that_name_does_not_stand_before_stdin(run, patterns, tmp_path):
    (tmp_path / "-").mkdir()
    done = run("train", "-", "-o", "m", *FAST, input="path,label\nnone.png,a\n", cwd=tmp_path)
    assert done.returncode == 3
    assert "-: only one class (a)" in done.stderr


def test_a_training_that_diverges_in_its_last_step_says_so(run, patterns, tmp_path):
    options = ("--arch", ARCH, "--epochs", "1", "-b", "512", "--lr", "1e30")
    done = run("train", patterns, "-o", tmp_path / "m", *options, "-q")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (7, "", 1)
    assert "epoch 1: the validation loss is no longer a finite number" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_diverged_training_says_so_and_writes_no_nonsense(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m", *FAST, "--lr", "1e30", "--json")
    assert (done.returncode, done.stdout) == (7, "")
    assert json.loads(done.stderr.splitlines()[-1])["error"]["code"] == "diverged"
    assert list(tmp_path.iterdir()) == []


def test_a_diverged_training_keeps_the_best_epoch_before(run, patterns, tmp_path):
    path = tmp_path / "m.npz"
    done = run("train", patterns, "-o", path, "--arch", ARCH, "--optimizer", "sgd", "--lr", "1e4",
               "--epochs", "50", "-b", "64")  # fmt: skip
    assert (done.returncode, done.stdout) == (7, "")
    told, error = done.stderr.splitlines()[-2:]
    best = int(re.fullmatch(rf"the network of epoch (\d+) is kept in {path}", told)[1])
    assert "no longer a finite number" in error
    assert manifest(path)["training"]["best_epoch"] == best
    assert run("predict", path, patterns / "test").returncode == 0


def long_training(script, patterns, path, *arguments):
    return subprocess.Popen(
        [script, "train", patterns, "-o", path, "--arch", ARCH, "--epochs", "100000", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for_epoch(process, number):
    for line in process.stderr:
        if line.startswith(f"epoch {number}/"):
            return
    pytest.fail("the training ended by itself")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_training_keeps_the_best_so_far(script, run, patterns, tmp_path, number):
    with long_training(script, patterns, tmp_path / "m.npz") as process:
        wait_for_epoch(process, 3)
        process.send_signal(number)
        out, rest = process.communicate(timeout=30)
    assert (process.returncode, out) == (-number, "")
    assert "Traceback" not in rest and "the network of epoch " in rest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.npz", "m.npz.ckpt"]
    assert run("predict", tmp_path / "m.npz", patterns / "test").returncode == 0


def test_an_interrupt_before_the_first_epoch_leaves_the_old_file(script, patterns, tmp_path):
    path = tmp_path / "m.npz"
    path.write_text("old")
    with long_training(script, patterns, path, "-f") as process:
        for line in process.stderr:
            if line.startswith("input: "):
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert path.read_text() == "old" or path.read_bytes().startswith(b"PK")


def test_a_killed_training_leaves_the_old_file(script, patterns, tmp_path):
    path = tmp_path / "m.npz"
    path.write_text("old")
    with long_training(script, patterns, path, "-f") as process:
        wait_for_epoch(process, 2)
        process.kill()
        process.communicate(timeout=30)
    assert path.read_text() == "old"


def test_a_reader_of_stderr_that_goes_away_ends_it_with_the_best_so_far(script, patterns, tmp_path):
    with long_training(script, patterns, tmp_path / "m.npz") as process:
        wait_for_epoch(process, 2)
        process.stderr.close()
        assert process.wait(timeout=30) == -signal.SIGPIPE
    assert (tmp_path / "m.npz").read_bytes().startswith(b"PK")


def test_a_full_disk_behind_stdout_leaves_the_model(shell, patterns, tmp_path):
    line = f"cnncli train {patterns} -o m.npz --arch '{ARCH}' --epochs 1 -q >/dev/full"
    done = shell(line, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "cnncli: cannot write to stdout: no space left on device\n"
    assert manifest(tmp_path / "m.npz")["training"]["epochs_run"] == 1


def test_a_full_disk_under_the_model_is_one_line(shell, patterns, tmp_path):
    line = f"ulimit -f 1; cnncli train {patterns} -o m.npz --arch 'dense(200) >> dense(classes)' "
    done = shell(line + "--epochs 1 -q", cwd=tmp_path)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (1, "", [])
    assert re.fullmatch("cnncli: .*too large\n", done.stderr)


def test_the_model_can_go_to_stdout(run, patterns, tmp_path):
    done = run("train", patterns, "-o", "-", *FAST, text=False)
    run("train", patterns, "-o", tmp_path / "m", *FAST)
    assert done.returncode == 0
    assert done.stdout == (tmp_path / "m").read_bytes()
    assert b"validation images right" in done.stderr


def test_model_and_json_cannot_share_stdout(run, patterns):
    done = run("train", patterns, "-o", "-", "--json")
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy", "train_loss"])
def test_the_epoch_kept_is_the_best_by_the_monitored_figure(run, patterns, tmp_path, monitor):
    done = run("train", patterns, "-o", tmp_path / "m", "--arch", ARCH, "--epochs", "4",
               "--monitor", monitor, "--json")  # fmt: skip
    record = json.loads(done.stdout)
    field = monitor.replace("_", " ")
    shown = [float(one) for one in re.findall(rf"^epoch.* {field} ([\d.]+)", done.stderr, re.M)]
    best = max(shown) if monitor == "val_accuracy" else min(shown)
    if monitor == "val_loss":  # of the network that is kept, which calibration makes better
        assert record[monitor] <= best + 1e-4
    else:
        assert record[monitor] == pytest.approx(best, abs=1e-4)
    assert shown[record["best_epoch"] - 1] == best


@pytest.mark.parametrize("arguments", [[], ["--max-memory", "600M"], ["--skip-broken"]])
def test_an_image_of_a_set_that_takes_too_much_memory_names_the_option(run, tmp_path, arguments):
    for kind in "ab":
        (tmp_path / "set" / kind).mkdir(parents=True)
        for i in range(10):
            Image.new("L", (4, 4), i).save(tmp_path / "set" / kind / f"{i}.png")
    (tmp_path / "set" / "a" / "large.ppm").write_bytes(b"P6 9000 9000 255\n")
    arguments = ["--arch", "dense(classes)", "--epochs", "0", *arguments]
    done = run("train", tmp_path / "set", "-o", tmp_path / "m.npz", *arguments)
    assert done.returncode == (4 if "--skip-broken" in arguments else 3)
    allowed = "600 MB" if "600M" in arguments else "512 MB"
    assert f"81 megapixels, takes 618 MB of memory, and --max-memory is {allowed})" in done.stderr


def test_patience_ends_a_training_and_is_recorded(run, patterns, tmp_path):
    given = ("--lr", "1e-30", "--epochs", "9", "--patience", "2", "--json")
    done = run("train", patterns, "-o", tmp_path / "m.npz", "--arch", ARCH, *given)
    record = json.loads(done.stdout)
    assert (record["epochs_run"], record["best_epoch"]) == (3, 1)
    assert record["ended_early"] == "patience"
    assert manifest(tmp_path / "m.npz")["training"]["ended_early"] == "patience"
    assert done.stderr.splitlines()[-1] == "--patience ended the training after epoch 3 of 9"
    assert ", patience 2, seed 0" in done.stderr


def test_the_last_network_is_kept_where_that_is_asked_for(run, patterns, tmp_path):
    given = ("--lr", "1e-30", "--keep", "last", "--json")
    done = run("train", patterns, "-o", tmp_path / "m.npz", *FAST, *given)
    assert json.loads(done.stdout)["best_epoch"] == 2


@pytest.mark.parametrize("average", ["0", "1", "nan"])
def test_a_decay_is_between_0_and_1(run, patterns, tmp_path, average):
    done = run("train", patterns, "-o", tmp_path / "m.npz", *FAST, "--average", average)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "--average" in done.stderr


def test_options_without_effect_are_named(run, patterns, tmp_path):
    done = run("train", patterns, "-o", tmp_path / "m.npz", *FAST, "--keep", "average")
    assert done.returncode == 2
    assert "--keep average: there is no average without --average; give" in done.stderr


def test_a_value_that_is_far_too_large_is_named_with_its_sample(run, tmp_path):
    x = np.random.default_rng(0).standard_normal((40, 64, 1)).astype(np.float32)
    np.savez(tmp_path / "val.npz", x=x, y=np.arange(40) % 2)
    x[17, 23] = 1e17
    np.savez(tmp_path / "set.npz", x=x, y=np.arange(40) % 2)
    given = ("--normalize", "none", "--val", tmp_path / "val.npz", "--optimizer", "sgd", "-b", "40")
    arch = ("--arch", "conv(4, 3) >> relu >> conv(4, 3) >> relu >> dense(classes)")
    done = run("train", tmp_path / "set.npz", "-o", tmp_path / "m.npz", *arch, *given)
    assert done.returncode == 7
    told = r"epoch \d+, step \d+, lr [\d.]+, with \S*set\.npz\[17\], \S+, \S+ and 37 more: "
    assert re.search(told, done.stderr.splitlines()[-1])


def test_a_budget_plans_the_epochs_and_says_which(run, patterns, tmp_path):
    quick = ("--arch", ARCH, "--patience", "1", "--min-delta", "99")
    done = run("train", patterns, "-o", tmp_path / "m.npz", *quick, "--budget", "10s")
    assert done.returncode == 0, done.stderr
    told = re.search(r"^budget: (\S+) epochs fit into 10 s; --epochs (\S+) ", done.stderr, re.M)
    planned = manifest(tmp_path / "m.npz")["training"]["settings"]["epochs"]
    assert float(told[1]) == float(told[2]) == planned > 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--budget", "5x"], "'5x' is not a time such as 90s, 5m or 1.5h"),
        (["--budget", "0s"], "'0s' is not a time such as 90s, 5m or 1.5h"),
        (["--budget", "5m", "--epochs", "3"], "--budget chooses the number of epochs; leave --ep"),
        (["--budget", "0.01s"], "--budget 0.01s: too short for a step, a validation and what "),
    ],
)
def test_a_budget_that_is_no_use_is_refused(call, patterns, tmp_path, options, message):
    done = call("train", patterns, "-o", tmp_path / "m.npz", "--arch", ARCH, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []
