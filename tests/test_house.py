"""Rules about the repository that no linter knows."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "cnncli").rglob("*.py"))
TALKING = {"cli.py", "commands", "options", "terminal.py"}  # to whoever runs the command
NOT_PACKED = (".py", ".pyc", ".so", ".pyd", ".png")  # pictures are for the README
COMMANDS = sorted(
    path.stem.replace("_", "-") for path in (ROOT / "cnncli" / "commands").glob("[a-z]*.py")
)


def test_only_commands_and_the_terminal_print_and_know_click():
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if path.relative_to(ROOT / "cnncli").parts[0] not in TALKING:
            assert not re.search(r"^\s*(import click|from click)|\bprint\(", text, re.M), path


def test_floors_below_the_commands_name_settings_not_options():
    for path in SOURCES:
        if path.relative_to(ROOT / "cnncli").parts[0] not in TALKING:
            assert not re.search(r"""["']--[a-z]""", path.read_text(encoding="utf-8")), path


def test_kinds_of_data_are_told_apart_only_where_data_and_models_are_opened():
    tests = re.compile(r"\bper_pixel\b|isinstance\([^)]*Set\)|(?<![.\w])cast\(")
    for path in SOURCES:
        if path.relative_to(ROOT / "cnncli").parts[0] not in {"data", "trained"}:
            assert not tests.search(path.read_text(encoding="utf-8")), path


def test_no_module_is_a_drawer_for_leftovers():
    names = {path.stem for path in SOURCES} | {p.stem for p in (ROOT / "kernels").rglob("*")}
    assert not names & {"utils", "util", "helpers", "misc", "common"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_and_a_test(command):
    run = subprocess.run(["cnncli", command, "-h"], capture_output=True, text=True, check=True)
    lines = [line for line in run.stdout.splitlines() if line.strip()]
    assert lines[0].endswith(".")
    assert lines[1].startswith("  cnncli ") and f"cnncli {command}" in run.stdout
    stem = command.replace("-", "_")
    tests = ROOT / "tests" / "commands"  # a file or a folder of them for each command
    assert [*tests.glob(f"test_{stem}.py"), *tests.glob(f"{stem}/test_*.py")]


def test_every_file_beside_the_modules_is_packed():
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["cnncli"]
    packed = {path for pattern in patterns for path in (ROOT / "cnncli").glob(pattern)}
    files = {path for path in (ROOT / "cnncli").rglob("*.*") if path.suffix not in NOT_PACKED}
    assert files - packed == set()


def test_every_kernel_has_a_test():
    for path in [*(ROOT / "kernels").rglob("*.pyx"), *(ROOT / "kernels").rglob("*.pxi")]:
        if path.stem not in {"cpu", "elementwise"}:
            assert (ROOT / "tests" / "kernels" / f"test_{path.stem}.py").exists(), path.stem


def test_kernels_are_compiled_for_the_instruction_set_they_are_chosen_for():
    for isa, forbidden in [("base", ("%ymm", "%zmm")), ("avx2", ("%zmm",))]:
        for path in (ROOT / "cnncli" / "kernels" / isa).glob("*.so"):
            code = subprocess.run(["objdump", "-d", str(path)], capture_output=True, text=True)
            assert not any(register in code.stdout for register in forbidden), path


def test_help_comes_without_numpy_and_pillow(script):
    run = subprocess.run(
        ["python", "-X", "importtime", script, "--help"], capture_output=True, text=True
    )
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "Usage: cnncli" in run.stdout and "click" in imported
    assert not {"numpy", "PIL"} & imported
