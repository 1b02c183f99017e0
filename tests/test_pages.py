"""README.md and the pages of `cnncli help` do what they show: every block in them is run.

The console blocks of a page are pasted into one shell, command by command from top to bottom, in a
folder where the first line of the README has trained its network. What they show must be what is
printed, on stdout and stderr: to the letter by commands that print the same on every machine, else
up to its numbers. The Python blocks of a page are one program; a text block after one of them shows
what it prints.
"""

import contextlib
import io
import json
import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncli import presets
from cnncli.engine import Weights
from cnncli.graph import build_graph
from cnncli.notation import parse

ROOT = Path(__file__).parent.parent
HELP = ROOT / "cnncli" / "help"
PAGES = {path.name: path.read_text("utf-8") for path in [ROOT / "README.md", *HELP.glob("*.md")]}
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)
SAME_EVERYWHERE = re.compile(r"(cnncli (arch|draw|layers|help|shape-calc)|cat|echo|ls|head) ")
END = "the end of a command, exit code"
NUMBER = re.compile(r"\b[0-9a-f]{64}\b|\d+(\.\d+)?(e[+-]?\d+)?")


def commands(block):
    """Yield (command, what it shows) for each line after a $, with the text of a here-document."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        while command.endswith("\\"):
            more, _, shown = shown.partition("\n")
            command += f"\n{more}"
        if "<<'END'" in command:
            text, _, shown = shown.partition("END\n")
            command += f"\n{text}END"
        yield command, shown


def comparable(text):
    """Return a text with its numbers taken out, and the spaces that line them up.

    Times are all in seconds: how long a step takes is a matter of the machine.
    """
    text = re.sub(r"\b0 (ms|min)\b", "0 s", NUMBER.sub("0", text))
    return re.sub(r"[ -]+", " ", text).strip()


class Shell:
    """A shell that is fed line by line, as by somebody who pastes."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait(timeout=300)
        self.process.stdout.close()

    def paste(self, command):
        """Return what a command prints, and its exit code as text."""
        self.process.stdin.write(f"{{ {command}\n}} < /dev/null\necho '{END}' $?\n")
        self.process.stdin.flush()
        printed = ""
        for line in self.process.stdout:
            before, end, code = line.partition(END)
            printed += before
            if end:
                return printed, code.strip()
        raise AssertionError(f"the shell ended at: {command}\n{printed}")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder in which the first line of the README has been run; `.ci/run` says where it did."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "sample_data").symlink_to(ROOT / "sample_data")
    if model := os.environ.get("README_MODEL"):
        shutil.copy(model, folder / "digits.npz")
        return folder
    line = re.search(r"<!-- two lines -->\n```sh\n(.*)\n", PAGES["README.md"])[1]
    command = line.rpartition(" && ")[2]
    subprocess.run(["bash", "-c", command], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_can_be_pasted_in_order_and_show_what_is_printed(
    page, trained, tmp_path, monkeypatch
):
    folder = tmp_path / "folder"
    shutil.copytree(trained, folder, symlinks=True)
    monkeypatch.chdir(folder)
    program = {"__name__": "__main__"}
    with Shell(folder) as shell:
        for language, block, output in BLOCK.findall(PAGES[page]):
            if language == "python":
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(block, program)
                if output:
                    assert comparable(printed.getvalue()) == comparable(output), block
                continue
            for command, shown in commands(block):
                printed, code = shell.paste(command)
                assert code == "0", (command, printed)
                if SAME_EVERYWHERE.match(command):
                    assert printed.rstrip() == shown.rstrip(), command
                else:
                    assert comparable(printed) == comparable(shown), command


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_short_and_its_lines_fit_a_terminal(page):
    lines = PAGES[page].splitlines()
    assert len(lines) < (200 if page == "README.md" else 120)
    prose = re.sub(r"^```.*?^```$", "", PAGES[page], flags=re.M | re.S).splitlines()
    assert not [line for line in prose if len(line) > 80 and "|" not in line and "](" not in line]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)", PAGES[page]):
        assert (ROOT / target if page == "README.md" else HELP / target).exists(), target


def make_photos(folder, count):
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def read_commands(*words):
    """Return those of the README's commands that no console shows, which begin with these words."""
    joined = re.sub(r" *\\\n *", " ", PAGES["README.md"])
    lines = re.findall(r"^    cnncli (.+)$", joined, re.M)
    found = [line.split() for line in lines if line.startswith(words)]
    assert len(found) == len(words)
    return found


def test_the_commands_for_cifar_10_run_on_a_set_of_that_shape(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_photos(tmp_path / "cifar10" / "train", 40)
    make_photos(tmp_path / "cifar10" / "test", 4)
    for command in read_commands("train cifar10", "evaluate"):
        command = ["10s" if word == "10m" else word for word in command]
        assert run(*command).returncode == 0, command


def test_the_commands_for_few_photos_run_on_weights_of_that_network(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_photos(tmp_path / "photos", 5)
    weights = Weights(build_graph(parse(presets.get("resnet18").text, 1000), (224, 224, 3)))
    weights.initialize("he", 0)
    header, blocks, end = {}, [], 0
    for name, array in weights.dump().items():
        blocks.append(array.tobytes())
        places = [end, end := end + len(blocks[-1])]
        entry = {"dtype": "F32", "shape": array.shape, "data_offsets": places}
        header[name.replace("/", ".")] = entry
    text = json.dumps(header).encode()
    content = [struct.pack("<Q", len(text)), text, *blocks]
    (tmp_path / "resnet18.safetensors").write_bytes(b"".join(content))
    for command in read_commands("convert", "train photos"):
        more = ["--epochs", "1"] if command[0] == "train" else ["--check", "0"]
        assert run(*command, *more).returncode == 0, command


def test_every_command_stands_in_the_readme():
    for path in (ROOT / "cnncli" / "commands").glob("[a-z]*.py"):
        assert f"`{path.stem.replace('_', '-')}" in PAGES["README.md"], path.stem


def test_every_help_page_stands_in_the_readme():
    for path in HELP.glob("*.md"):
        assert f"(cnncli/help/{path.name})" in PAGES["README.md"], path.stem
