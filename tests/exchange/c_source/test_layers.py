"""Every layer there is, on the examples it gives of itself, compiled from C."""

import subprocess

import numpy as np
import pytest
from c_compiler import compile_strictly, needs_compiler
from contract import IMAGES, PREDICTION, Bench, list_examples

from cnncli.exchange.c_source.activations import ACTIVATIONS
from cnncli.exchange.c_source.network import add_layer
from cnncli.exchange.c_source.source import FORMS, CSource, Place
from cnncli.layers import LAYERS
from cnncli.layers.base import volume

WITHOUT_FORM: set[str] = set()  # kinds of layers that are not written
COPIES = {"dropout"}  # which a prediction leaves out
EXAMPLES = [
    (layer, shapes)
    for layer, shapes in list_examples()
    if layer.kind in FORMS or layer.kind in ACTIVATIONS
]
NAMES = [f"{layer} on {shapes}" for layer, shapes in EXAMPLES]


def test_every_layer_is_written_but_those_that_are_known_not_to_be():
    assert LAYERS.keys() - FORMS.keys() - ACTIVATIONS.keys() == WITHOUT_FORM | COPIES


def write_program(benches):
    """Return a C program that reads the inputs of all layers and writes their answers."""
    source = CSource()
    sizes = [volume(shape) for bench in benches for shape in bench.shapes]
    largest = max(max(sizes), *(bench.site.y[0].size for bench in benches))
    most = max(len(bench.shapes) for bench in benches)
    for number, bench in enumerate(benches):
        inputs = tuple(f"x[{i}]" for i in range(len(bench.shapes)))
        output = bench.site.y.shape[1:]
        place = Place(bench.layer, inputs, bench.shapes, f"layer{number}", "y", output, bench.files)
        source.statements.append(f"for (int image = 0; image < {IMAGES}; image++) {{")
        for x, shape in zip(inputs, bench.shapes, strict=True):
            source.statements.append(f"failed |= !fread({x}, {4 * volume(shape)}, 1, stdin);")
        add_layer(source, place)
        source.statements.append(f"failed |= !fwrite(y, {4 * volume(output)}, 1, stdout); }}")
    lines = [f"#include <{name}.h>\n" for name in ("math", "stdint", "stdio", "stdlib", "string")]
    lines += source.write_definitions()
    lines += [f"static float x[{most}][{largest}], y[{largest}];\n"]
    lines += ["int main(void)\n{\nint failed = 0;\n", "\n".join(source.statements)]
    return "".join([*lines, "\nreturn failed;\n}\n"])


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What all layers answer, of the program and of the engine, by number."""
    folder = tmp_path_factory.mktemp("layers")
    benches = [Bench(layer, shapes, PREDICTION) for layer, shapes in EXAMPLES]
    (folder / "layers.c").write_text(write_program(benches))
    program = compile_strictly(folder, "layers.c")
    given = b"".join(
        x[image].tobytes() for bench in benches for image in range(IMAGES) for x in bench.site.x
    )
    done = subprocess.run([program], input=given, capture_output=True, check=True)
    values = np.frombuffer(done.stdout, np.float32)
    answers = []
    for bench in benches:
        expected = bench.answer()
        answers.append((expected, values[: expected.size].reshape(expected.shape)))
        values = values[expected.size :]
    assert not values.size
    return answers


@needs_compiler
@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=NAMES)
def test_a_layer_answers_alike_in_c(answers, number):
    expected, answer = answers[number]
    assert np.abs(answer - expected).max() <= 1e-5 * np.ptp(expected)
