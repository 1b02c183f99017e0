import re
import subprocess
import sys
from pathlib import Path

import pytest

from cnncli.inspection import describe_methods, find_method, list_methods, methods
from cnncli.inspection.attribution import Attribution
from cnncli.settings import settings_of


def test_methods_are_the_files_of_their_folder():
    stems = {path.stem for path in Path(methods.__path__[0]).glob("*.py")} - {"__init__"}

    assert {"activations", "filters"} <= stems
    assert {name.replace("-", "_").replace("+", "_plus") for name in list_methods()} == stems


@pytest.mark.parametrize("name", list_methods())
def test_a_method_has_the_name_of_its_file(name):
    assert find_method(name).name == name


def test_methods_are_listed_without_numpy():
    code = "import sys; from cnncli.inspection import list_methods as l; l(); print(*sys.modules)"

    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "cnncli.inspection" in modules and "numpy" not in modules


@pytest.mark.parametrize(("text", "sentence"), describe_methods())
def test_help_describes_a_method_by_its_settings_and_its_first_sentence(text, sentence):
    method = find_method(text.partition("(")[0])
    settings = [
        f"{name}={field.metadata['kind'].write(field.default)}"
        for name, field in settings_of(type(method)).items()
    ]

    assert text == method.name + (f"({', '.join(settings)})" if settings else "")
    assert sentence == type(method).__doc__.partition("\n")[0] and sentence.endswith(".")


@pytest.mark.parametrize("name", list_methods())
def test_an_attribution_names_its_source(name):
    sentences = {text.partition("(")[0]: sentence for text, sentence in describe_methods()}
    if isinstance(find_method(name), Attribution):
        assert re.search(r"\(.+ \d{4}, .+\)\.$", sentences[name])
