"""The README does what it says."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
EXACT = ("cnncli shape-calc", "cnncli layers", "ls ", "cat ")  # the same on every machine


def sessions():
    """Return (command, shown output) of every console block, in order."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            head, _, rest = part.partition("\n")
            if "<<'END'" in head:
                body, rest = rest.split("END\n", 1)
                head += "\n" + body + "END"
            found.append((head, rest))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "sample_data", folder / "sample_data")
    numbers = np.random.default_rng(0)
    for part in ("train", "test"):
        for name in ("cat", "dog"):
            own = folder / "cifar10" / part / name
            own.mkdir(parents=True)
            for i in range(8):
                pixels = numbers.integers(0, 100, (32, 32, 3)) + 155 * (name == "dog")
                Image.fromarray(pixels.astype(np.uint8)).save(own / f"{i}.jpg")
    return folder


def test_every_console_line_of_the_readme_runs_and_shows_what_it_shows(folder):
    for command, shown in sessions():
        if command.startswith("cnncli train cifar10"):
            command += " --epochs 1"  # on a stand-in of a few images
        if "cifar10.npz cifar10 --fail-under" in command:
            command = command.replace("0.78", "0")
        run = subprocess.run(
            ["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=300
        )
        assert run.returncode in (0, 141), (command, run.stderr)
        if command.startswith(EXACT) and "predict" not in command:
            assert run.stdout.startswith(shown.removesuffix("\n")), command
        if shown:
            assert run.stdout, command


def test_the_snippet_reads_a_model_with_numpy_alone(folder):
    code = re.search(r"```python\n(.*?)```", TEXT, re.S).group(1)
    run = subprocess.run(
        ["python", "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip().endswith("dense(10) (16, 1, 3, 3)")


def test_every_command_stands_in_the_readme():
    for path in (ROOT / "cnncli" / "commands").glob("[a-z]*.py"):
        assert f"`{path.stem.replace('_', '-')}" in TEXT, path.stem
