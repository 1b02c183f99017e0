"""The ends of the program: stdout under all its names, Ctrl-C, other people's messages."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli.errors import CnncliError, setting
from cnncli.model_file import load_model, save_model


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_a_model_on_stdout_is_nothing_but_the_model(run, patterns, tmp_path, name):
    with (tmp_path / "model.npz").open("wb") as file:
        arguments = ("--arch", "dense(classes)", "--epochs", "1")
        done = run("train", patterns, "-o", name, *arguments, stdout=file)
    assert done.returncode == 0
    assert load_model(tmp_path / "model.npz").classes == ["columns", "plain", "rows"]


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_stdout_by_any_name_goes_to_one_thing_alone(run, model, patterns, name):
    done = run("train", patterns, "-o", name, "--json")
    assert done.returncode == 2
    done = run("evaluate", model, patterns, "--per-image", name, "--json")
    assert done.returncode == 2
    done = run("evaluate", model, patterns, "--per-image", name)
    assert done.stdout.startswith("path,")
    assert "accuracy" not in done.stdout


@pytest.mark.parametrize("command", ["train", "predict", "layers", "shape-calc"])
def test_help_is_the_same_without_docstrings(run, command):
    optimized = {**os.environ, "PYTHONOPTIMIZE": "2"}
    assert run(command, "--help", env=optimized).stdout == run(command, "--help").stdout


def test_the_list_of_commands_and_layers_is_the_same_without_docstrings(run):
    optimized = {**os.environ, "PYTHONOPTIMIZE": "2"}
    for arguments in (("--help",), ("layers",), ("layers", "--json")):
        assert run(*arguments, env=optimized).stdout == run(*arguments).stdout


@pytest.mark.parametrize("options", [(), ("-OO",)])
def test_it_runs_as_a_module_of_python(run, options):
    command = [sys.executable, *options, "-m", "cnncli", "predict", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, run("predict", "--help").stdout)


def test_ctrl_c_while_it_starts_leaves_no_traceback_of_its_own(script):
    for number in range(12):
        with subprocess.Popen(
            [script, "arch", "vgg16"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            time.sleep(0.01 * number)
            process.send_signal(signal.SIGINT)
            said = process.communicate()[1]
        assert b"/cnncli/" not in said


INTERRUPTED_IN_A_DESTRUCTOR = """
import os, signal, sys
from cnncli import cli

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000): pass

run = cli._run

def begin(arguments):
    Dying()
    return run(arguments)

cli._run = begin
sys.argv[1:] = ["arch", "vgg16"]
cli.main()
"""


def test_ctrl_c_while_an_object_is_destroyed_ends_it_without_a_word():
    command = [sys.executable, "-c", INTERRUPTED_IN_A_DESTRUCTOR]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("make", [str, setting])
def test_a_cause_of_any_length_is_told_in_short(make):
    error = CnncliError("bad text " + "x" * 100_000 + f" of {make('size')}", place="net.cnn")
    assert len(str(error)) < 2000
    assert str(error).startswith("net.cnn: bad text xxx")
    assert str(error).endswith("xxx of size" if make is str else "of size")


def test_a_long_architecture_is_not_repeated_whole(run):
    done = run("shape-calc", "conv(4, 3) >> " + "y" * 50_000, "--input", "8x8x1")
    assert done.returncode == 2
    assert len(done.stderr) < 3000


@pytest.mark.parametrize("fault", [{"scale": ["x"]}, {"height": -1}, {"resize": "no"}])
def test_a_preprocessing_that_is_wrong_names_the_model(call, model, image, tmp_path, fault):
    opened = load_model(model)
    opened.preprocessing.update(fault)
    save_model(tmp_path / "bad.npz", opened)
    done = call("predict", tmp_path / "bad.npz", image)
    assert done.returncode == 5
    assert done.stderr.startswith(f"cnncli: {tmp_path / 'bad.npz'}: preprocessing in the model")


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "group4"])
def test_libraries_do_not_write_to_stderr(run, model, tmp_path, compression):
    levels = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    file = io.BytesIO()
    mode = "1" if compression == "group4" else "L"
    Image.fromarray(levels).convert(mode).save(file, "TIFF", compression=compression)
    damaged = bytearray(file.getvalue())
    for position in range(len(damaged) // 4, len(damaged) // 2):
        damaged[position] ^= 0x5A
    (tmp_path / "a.tif").write_bytes(damaged)
    done = run("predict", model, tmp_path / "a.tif", "--json")
    record = json.loads(done.stdout)
    lines = done.stderr.splitlines()
    assert [json.loads(line)["error"]["code"] for line in lines] in ([], ["some_failed"])
    assert ("error" in record) == bool(lines)


PATHS = {  # commands that take one, and the exit code where it leads nowhere
    "train PATH -o m.npz": 3,
    "train PATTERNS -o m.npz --val PATH": 3,
    "evaluate MODEL PATH": 3,
    "train PATTERNS -o PATH": 2,
    "train PATTERNS -o m.npz --arch @PATH": 2,
    "shape-calc @PATH": 2,
    "draw lenet5 -o PATH.png": 2,
    "predict PATH IMAGE": 5,
    "evaluate PATH PATTERNS": 5,
    "inspect-filters PATH": 5,
    "inspect-filters MODEL --method activations --image PATH": 3,
    "trace PATH IMAGE --at conv1:0,0,0": 5,
    "trace MODEL PATH --at conv1:0,0,0": 3,
    "predict MODEL --files-from PATH": 3,
    "predict MODEL PATH": 4,
}


@pytest.mark.parametrize("line", PATHS)
@pytest.mark.parametrize("path", ["loop", "loop/below", "x" * 300])
def test_a_link_to_itself_and_a_name_too_long_are_refused_in_a_line(
    call, model, patterns, image, tmp_path, line, path
):
    for name in ("loop", "loop.png"):
        (tmp_path / name).symlink_to(name)
    words = {"MODEL": str(model), "PATTERNS": str(patterns), "IMAGE": str(image)}
    arguments = [words.get(word, word.replace("PATH", path)) for word in line.split()]
    done = call(*arguments, cwd=tmp_path)
    assert done.returncode == PATHS[line]
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("place", ["rows/loop", "rows/loop.png", "train-images-idx3-ubyte"])
def test_a_link_to_itself_in_a_set_is_no_class_and_an_image_that_cannot_be_read(
    call, patterns, tmp_path, place
):
    shutil.copytree(patterns / "train", tmp_path / "set")
    (tmp_path / "set" / place).symlink_to(Path(place).name)
    done = call("train", tmp_path / "set", "-o", tmp_path / "m.npz", "--epochs", "0")
    assert done.returncode == (0 if place == "rows/loop" else 3)
    assert "unforeseen" not in done.stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [("train MODEL -o m.npz", 3), ("evaluate MODEL MODEL", 3), ("predict MODEL MODEL", 4)],
)
def test_a_model_given_for_data_is_called_one(run, model, tmp_path, line, code):
    done = run(*(line.replace("MODEL", str(model))).split(), cwd=tmp_path)
    assert done.returncode == code
    assert f"{model}: " in done.stdout + done.stderr
    assert "is a trained model; give images or signals" in done.stdout + done.stderr
