"""What the tests of the commands share: the installed script, a small data set, a trained model."""

import os
import shutil
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from cnncli.allowance import Allowance
from cnncli.cli import SIGNALS, main
from cnncli.terminal import Preferences

ARCH = "conv(4, 3) >> relu >> maxpool >> dense(classes)"

for number in (signal.SIGINT, signal.SIGHUP):  # a suite in the background, or under nohup, ignores
    if signal.getsignal(number) is signal.SIG_IGN:  # them, and so would what it starts
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def script():
    """The path of the installed `cnncli`."""
    found = shutil.which("cnncli")
    assert found, "cnncli is not installed"
    return found


@pytest.fixture(scope="session")
def run(script):
    """Run `cnncli` with these arguments; what it wrote is text unless text=False."""

    def run(*arguments, env=None, **settings):
        settings = {"text": True, "timeout": 60, "stdin": subprocess.DEVNULL, **settings}
        if "input" in settings:
            del settings["stdin"]
        if "stdout" not in settings and "stderr" not in settings:
            settings["capture_output"] = True
        settings["env"] = {**os.environ, **(env or {})}
        return subprocess.run([script, *map(os.fspath, arguments)], **settings)

    return run


@pytest.fixture
def call(capfd, monkeypatch):
    """Run `cnncli` with these arguments in this process, which takes a tenth of the time.

    For more cases of what other tests show by the installed script.
    """

    def call(*arguments, cwd="."):
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
        with monkeypatch.context() as patch, warnings.catch_warnings():
            patch.setattr(sys, "argv", ["cnncli", *map(os.fspath, arguments)])
            patch.setattr(os, "_exit", sys.exit)
            patch.setattr(Allowance, "bytes", None)  # what options set holds for a process
            patch.setattr(Preferences, "quiet", False)
            patch.setattr(Preferences, "color", True)
            patch.chdir(cwd)
            with pytest.raises(SystemExit) as leaving:
                main()
        for number, handler in handlers.items():
            signal.signal(number, handler)
        return subprocess.CompletedProcess(arguments, leaving.value.code, *capfd.readouterr())

    return call


@pytest.fixture(scope="session")
def shell(script):
    """Run a line of bash; return its exit code, stdout and stderr."""

    def shell(line, **settings):
        return subprocess.run(
            ["bash", "-c", line], capture_output=True, text=True, timeout=60, **settings
        )

    return shell


def pattern(kind, number):
    """A gray image of 8x10 that a small network can tell from the other kinds."""
    pixels = np.random.default_rng(number).integers(0, 60, (8, 10)).astype(np.uint8)
    if kind == "rows":
        pixels[::2] += 180
    elif kind == "columns":
        pixels[:, ::2] += 180
    return pixels


@pytest.fixture(scope="session")
def patterns(tmp_path_factory):
    """A folder with train/ and test/ of three classes, 20 and 4 images each; not to be changed."""
    folder = tmp_path_factory.mktemp("patterns")
    for split, first, count in (("train", 0, 20), ("test", 1000, 4)):
        for kind in ("columns", "plain", "rows"):
            (folder / split / kind).mkdir(parents=True)
            for number in range(first, first + count):
                Image.fromarray(pattern(kind, number)).save(folder / split / kind / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def model(run, patterns, tmp_path_factory):
    """A network trained on `patterns`, which it knows by heart."""
    path = tmp_path_factory.mktemp("model") / "patterns.npz"
    settings = "--epochs 30 --batch-size 8 --optimizer nesterov --lr 0.05 --label-smoothing 0.2"
    done = run("train", patterns, "-o", path, "--arch", ARCH, *settings.split())
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def image(patterns):
    """One image of rows."""
    return patterns / "test" / "rows" / "1000.png"
