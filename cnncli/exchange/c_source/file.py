"""A network as a C99 file and its header.

The file is made of templates/beginning.c, the functions of the library that it needs and the
constants (source.py), templates/end.c and templates/selftest.c.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import numpy as np

from cnncli.data.normalization import float32_array
from cnncli.data.preprocessing import read_preprocessing
from cnncli.engine.fusion import INPUT
from cnncli.errors import UsageError
from cnncli.exchange.c_source.answers import add_answers
from cnncli.exchange.c_source.network import add_network
from cnncli.exchange.c_source.source import CSource
from cnncli.exchange.proof import compute_logits, gather_inputs
from cnncli.layers.base import volume
from cnncli.tasks import read_task
from cnncli.value import Value

if TYPE_CHECKING:
    from cnncli.data.preprocessing import AnyPreprocessing
    from cnncli.model_file import Model

FOLDER = Path(__file__).parent / "templates"
GOLDEN = 2  # samples of the self-test
WIDTH = 92  # of a comment
PLAIN = frozenset(map(chr, range(32, 127))) - set('"\\?')  # what a string holds as it is
REFUSED = re.compile(r'[\0-\37"\\?*<>|\177]')  # of names, which are not for an #include
COMMENT_ENDS = {"*/": "* /", "/*": "/ *", "??": "? ?"}


class CFile(Value):
    """A network in C."""

    stem: str  # of the names of both files, which are in one folder
    source: CSource
    words: Mapping[str, object]  # what stands in the templates
    golden: str  # samples and their answers

    def write(self, checked: str = "") -> Iterator[str]:
        """Yield the text of the file in pieces; `checked` says how it was proved."""
        yield self._fill("beginning.c", checked=_wrap(checked))
        yield from self.source.write_definitions()
        yield self._fill("end.c")
        yield self._fill("selftest.c", golden=self.golden)

    def write_header(self) -> str:
        """Return the text of the header."""
        return self._fill("network.h")

    def write_server(self) -> str:
        """Return the text of a program that answers inputs from stdin."""
        return self._fill("server.c")

    def _fill(self, template: str, **words: object) -> str:
        text = (FOLDER / template).read_text("utf-8")
        return Template(text).substitute(self.words, **words)


def build_c(model: Model, stem: str) -> CFile:
    """Return a network as a C file whose name begins with `stem`, as its functions do.

    Raises UsageError for a name that no #include can hold, and ArchitectureError for layers that
    have no form in C.
    """
    _check_stem(stem)
    graph, source = model.graph, CSource()
    preprocessing = read_preprocessing(model.preprocessing)
    task = read_task(model.classes, model.task)
    memory = add_network(source, graph, model.weights)
    answers = add_answers(source, task, graph.output_shape)
    inputs = gather_inputs(model, GOLDEN)
    logits = compute_logits(model, inputs)
    name = make_identifier(stem)
    words = _describe_input(source, preprocessing) | {
        "title": _sanitize(stem),
        "name": name,
        "upper": name.upper(),
        "guard": f"{name.upper()}_H",
        "file": _sanitize(f"{stem}.c"),
        "header": f"{stem}.h",
        "architecture": _wrap(graph.text),
        "input_size": volume(graph.input_shape),
        "input_shape": "x".join(map(str, graph.input_shape)),
        "output_size": volume(graph.output_shape),
        "output_shape": "x".join(map(str, graph.output_shape)),
        "outputs": "numbers" if answers.words.startswith("numbers") else "logits",
        "answers": answers.words,
        "plural": task.plural,
        "returns": answers.returns,
        "result": answers.result,
        "finish": answers.finish,
        "names": len(model.classes),
        "name_list": ",\n".join(f"    {write_string(text)}" for text in model.classes),
        "bytes": f"{4 * max(memory.size, 1):,}",
        "floats": max(memory.size, 1),
        "offset": memory.offsets[INPUT],
        "statements": "\n".join(f"    {text}" for text in source.statements),
        "count": GOLDEN,
    }
    golden = CSource()
    golden.add_array(f"golden_{words['noun']}", inputs.samples)
    golden.add_array("golden_logits", logits)
    golden.add_array("golden_answers", np.asarray(answers.compute(logits), np.float32))
    return CFile(stem, source, words, "".join(golden.write_definitions()).strip())


def make_identifier(stem: str) -> str:
    """Return a name that C's functions can begin with.

    >>> make_identifier("2-digits.v1")
    'net_2_digits_v1'
    """
    name = re.sub(r"\W", "_", stem, flags=re.ASCII)
    return name if name[0].isalpha() else f"net_{name}"


def write_string(text: str) -> str:
    """Return a string literal, whose bytes are UTF-8; all but plain ASCII is written in octal."""
    characters = (
        character if character in PLAIN else "".join(f"\\{byte:03o}" for byte in character.encode())
        for character in text
    )
    return f'"{"".join(characters)}"'


def _describe_input(source: CSource, preprocessing: AnyPreprocessing) -> dict[str, object]:
    """Add the constants that normalize an input; return what the templates say of it."""
    source.add_array("input_scale", float32_array(preprocessing.scale))
    source.add_array("input_shift", float32_array(preprocessing.shift))
    *_, channels = shape = preprocessing.input_shape
    function, noun, kind = "normalize_pixels", "pixels", "uint8_t"
    samples = "pixels from 0 to 255, of the size of the input"
    if preprocessing.noun == "signal":
        function, noun, kind = "normalize_samples", "samples", "float"
        samples = "samples of a signal, of the length of the input"
    elif preprocessing.normalization == "image":
        function = "normalize_levels"
    return {
        "normalize": source.use(function),
        "noun": noun,
        "type": kind,
        "samples": samples,
        "pixels": volume(shape) // channels,
        "channels": channels,
    }


def _check_stem(stem: str) -> None:
    if REFUSED.search(stem):
        raise UsageError(f"{stem}.c: a name that C cannot include; use letters and digits")


def _wrap(text: str) -> str:
    """Return a text in lines of a comment."""
    return "\n   ".join(textwrap.wrap(_sanitize(text), WIDTH, break_on_hyphens=False))


def _sanitize(text: str) -> str:
    """Return a text that does not end the comment that it stands in."""
    for end, harmless in COMMENT_ENDS.items():
        text = text.replace(end, harmless)
    return text
