"""README.md and the pages of `cnncli help` do what they show: every block in them is run.

A console block is typed into a shell, command by command, in a folder where the first line of the
README has been run. What it shows must be what is printed, on stdout and stderr: to the letter by
commands that print the same on every machine, else up to its numbers. The Python blocks of a page
are one program; a text block after one of them shows what it prints.
"""

import contextlib
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HELP = ROOT / "cnncli" / "help"
PAGES = {path.name: path.read_text("utf-8") for path in [ROOT / "README.md", *HELP.glob("*.md")]}
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)
SAME_EVERYWHERE = re.compile(r"(cnncli (arch|draw|layers|help|shape-calc)|cat|echo|ls|head) ")
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
    """Return a text with its numbers taken out, and the spaces that line them up."""
    return re.sub(r"[ -]+", " ", NUMBER.sub("0", text)).strip()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder in which the first line of the README has been run."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "sample_data").symlink_to(ROOT / "sample_data")
    line = re.search(r"<!-- two lines -->\n```sh\n(.*)\n", PAGES["README.md"])[1]
    command = line.rpartition("&& .venv/bin/")[2]
    subprocess.run(["bash", "-c", command], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_runs_and_shows_what_is_printed(page, trained, tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    shutil.copytree(trained, folder, symlinks=True)
    monkeypatch.chdir(folder)
    program = {"__name__": "__main__"}
    for language, block, output in BLOCK.findall(PAGES[page]):
        if language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(block, program)
            if output:
                assert comparable(printed.getvalue()) == comparable(output), block
            continue
        for command, shown in commands(block):
            run = subprocess.run(
                ["bash", "-c", f"{{ {command}\n}} 2>&1"],
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert run.returncode == 0, (command, run.stdout)
            if SAME_EVERYWHERE.match(command):
                assert run.stdout.rstrip() == shown.rstrip(), command
            else:
                assert comparable(run.stdout) == comparable(shown), command


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


def test_every_command_stands_in_the_readme():
    for path in (ROOT / "cnncli" / "commands").glob("[a-z]*.py"):
        assert f"`{path.stem.replace('_', '-')}" in PAGES["README.md"], path.stem


def test_every_help_page_stands_in_the_readme():
    for path in HELP.glob("*.md"):
        assert f"(cnncli/help/{path.name})" in PAGES["README.md"], path.stem
