import subprocess
import sys
from pathlib import Path

import pytest

from cnncli.inspection import find_method, list_methods, methods


def test_methods_are_the_files_of_their_folder():
    stems = {path.stem for path in Path(methods.__path__[0]).glob("*.py")} - {"__init__"}

    assert {"activations", "filters"} <= stems
    assert {name.replace("-", "_") for name in list_methods()} == stems


@pytest.mark.parametrize("name", list_methods())
def test_a_method_has_the_name_of_its_file(name):
    assert find_method(name).name == name


def test_methods_are_listed_without_numpy():
    code = "import sys; from cnncli.inspection import list_methods as l; l(); print(*sys.modules)"

    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "cnncli.inspection" in modules and "numpy" not in modules
