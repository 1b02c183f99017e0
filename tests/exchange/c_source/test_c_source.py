import re
import subprocess

import numpy as np
import pytest
from c_compiler import OTHERS, can_compile, compile_strictly, needs_compiler
from golden.record import HERE
from random_models import make_model

from cnncli import presets
from cnncli.errors import ArchitectureError, UsageError
from cnncli.exchange.c_source import build_c
from cnncli.exchange.c_source.compiled import compile_c
from cnncli.exchange.c_source.file import make_identifier, write_string
from cnncli.exchange.c_source.source import FORMS, write_number
from cnncli.exchange.proof import compute_logits, gather_inputs
from cnncli.model_file import load_model

SHAPE = (9, 13, 3)
TEXT = (
    "conv(6, 3, pad=1, bias=no) >> bn >> leaky_relu(0.2) >> maxpool(3, 2, 1, ceil=yes)"
    " >> (conv(6, 1) >> dropout | id) >> conv(12, 3, pad=1) + id >> tanh >> bn >> dense(7)"
)


def write_files(folder, model, stem="net"):
    file = build_c(model, stem)
    (folder / f"{stem}.c").write_text("".join(file.write()))
    (folder / f"{stem}.h").write_text(file.write_header())
    return file


def run_selftest(folder, stem="net", command=("cc",)):
    program = compile_strictly(folder, f"{stem}.c", command=command, flags=["-DCNNCLI_SELFTEST"])
    return subprocess.run([program], capture_output=True, text=True)


def load_golden(name):
    return load_model(HERE / "models" / f"{name}.npz")


@needs_compiler
@pytest.mark.parametrize("name", ["image", "branches", "signal", "labels", "masks"])
def test_models_of_every_task_pass_their_own_test(name, tmp_path):
    write_files(tmp_path, load_golden(name))
    done = run_selftest(tmp_path)
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == 2


@needs_compiler
def test_numbers_pass_their_own_test(tmp_path):
    task = {"name": "regress", "loss": "mse", "mean": [100.0, -3.0], "deviation": [20.0, 0.5]}
    write_files(tmp_path, make_model("dense(2)", SHAPE, task=task))
    assert run_selftest(tmp_path).returncode == 0


@needs_compiler
@pytest.mark.parametrize("way", OTHERS)
def test_any_compiler_makes_the_same_of_a_file_without_a_warning(way, tmp_path):
    if not can_compile(tmp_path, OTHERS[way]):
        pytest.skip(f"{' '.join(OTHERS[way])} makes no programs here")
    write_files(tmp_path, make_model(TEXT, SHAPE))
    done = run_selftest(tmp_path, command=OTHERS[way])
    assert done.returncode == 0, done.stdout + done.stderr


@needs_compiler
@pytest.mark.parametrize("array", ["conv1_bias", "golden_logits", "golden_answers", "input_shift"])
def test_the_test_of_a_file_fails_where_a_number_differs(array, tmp_path):
    write_files(tmp_path, make_model(TEXT, SHAPE))
    path = tmp_path / "net.c"
    before = path.read_text()
    after = re.sub(rf"({array}\[\d+\] = {{\n +)\S+", r"\g<1>9.0f,", before)
    assert after != before
    path.write_text(after)
    assert run_selftest(tmp_path).returncode == 1


PRESETS = {
    "lenet5": (32, 36, 1),
    "resnet20": (24, 32, 3),
    "unet(4)": (32, 48, 1),
    "mobilenet_v3_small": (64, 32, 3),
    "wavenet": (640, 1),
}


@needs_compiler
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_answers_alike_in_c(name, tmp_path):
    model = make_model(presets.get(name).text, PRESETS[name])
    inputs = gather_inputs(model, 3)
    expected = compute_logits(model, inputs)
    with compile_c(build_c(model, "net"), model.graph.output_shape, "net.c") as rival:
        answer = rival.answer(inputs)
    assert np.abs(answer - expected).max() <= 1e-5 * np.ptp(expected)


@needs_compiler
@pytest.mark.parametrize("text", ["id", "dropout", "softmax", "relu >> softmax", "relu + id"])
def test_networks_without_weights_are_written(text, tmp_path):
    write_files(tmp_path, make_model(text, (4, 5, 2)))
    assert run_selftest(tmp_path).returncode == 0


@needs_compiler
def test_two_networks_go_into_one_program(tmp_path):
    for stem in ("first", "second"):
        write_files(tmp_path, make_model(TEXT, SHAPE), stem)
    (tmp_path / "main.c").write_text(
        '#include "first.h"\n#include "second.h"\n'
        "static float input[FIRST_INPUT_SIZE], output[SECOND_OUTPUT_SIZE];\n"
        "int main(void)\n{\n"
        "    return first_predict(input, output) != second_predict(input, output);\n}\n"
    )
    program = compile_strictly(tmp_path, "first.c", "second.c", "main.c")
    assert subprocess.run([program]).returncode == 0


def read_lines(model, pattern):
    text = "".join(build_c(model, "net").write())
    return re.findall(pattern, text, re.MULTILINE | re.DOTALL)


def test_values_of_different_times_share_their_place():
    model = make_model("conv(4, 1) >> relu >> conv(4, 1) >> relu >> conv(4, 1)", (10, 10, 3))
    (floats,) = read_lines(model, r"^static float memory\[(\d+)\];")
    assert int(floats) == 2 * 400  # the first two answers; the last is the output


def test_bn_sums_and_activations_take_no_step_of_their_own():
    model = make_model("(conv(4, 1) >> bn) + conv(4, 1) >> hard_swish", (10, 10, 3))
    (body,) = read_lines(model, r"^int net_predict\(.*?^{(.*?)    return")
    assert re.findall(r"(\w+)\(&", body) == ["convolve", "convolve"]


def test_equal_models_make_equal_files():
    texts = ["".join(build_c(make_model(TEXT, SHAPE), "net").write()) for _ in range(2)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("value", [0.1, 1.0, -0.0, 1e-45, 3.4028235e38, 16777216.0, 1 / 3])
def test_numbers_are_exact(value):
    text = write_number(value)
    assert re.fullmatch(r"-?\d\.\d+e[+-]\d+f", text)
    assert np.float32(text[:-1]) == np.float32(value)


def test_arrays_are_exact_to_the_bit():
    model = make_model("dense(3)", (1, 1, 16), classes=3)
    model.weights["dense1/bias"][:] = [1e-45, -0.0, 1e30]
    (line,) = read_lines(model, r"dense1_bias\[3\] = {\n(.*?)\n};")
    numbers = [np.float32(text.strip(" f")) for text in line.split(",") if text.strip()]
    assert np.array(numbers).tobytes() == model.weights["dense1/bias"].tobytes()


@pytest.mark.parametrize(
    ("stem", "name"),
    [("digits", "digits"), ("2-digits.v1", "net_2_digits_v1"), ("größe", "gr__e"), ("_", "net__")],
)
def test_functions_are_called_after_the_file(stem, name):
    assert make_identifier(stem) == name


@needs_compiler
@pytest.mark.parametrize("stem", ["int", "größe", "a b", "x; int y;", "-O3", "%s$name", "#x"])
def test_a_file_of_any_name_compiles(stem, tmp_path):
    write_files(tmp_path, make_model("dense(2)", (3, 3, 1), classes=2), stem)
    (tmp_path / f"{stem}.c").rename(tmp_path / "net.c")
    assert run_selftest(tmp_path).returncode == 0


@pytest.mark.parametrize("stem", ['a"b', "a\nb", "a\\", "*", "a?b"])
def test_a_name_that_no_include_holds_is_refused(stem):
    with pytest.raises(UsageError, match="a name that C cannot include; use letters and digits"):
        build_c(make_model("dense(2)", (3, 3, 1), classes=2), stem)


def test_names_are_written_in_what_every_compiler_reads():
    assert write_string('größe "a"\\ ??/ */ 1') == (
        r'"gr\303\266\303\237e \042a\042\134 \077\077/ */ 1"'
    )


@needs_compiler
def test_class_names_of_any_script_come_back_as_they_were(tmp_path):
    names = ['größe "{0}" 👩‍🔬', "*/ ??/ $name \\0", "%s"]
    model = make_model("dense(3)", (3, 3, 1), classes=3)
    model.classes = names
    write_files(tmp_path, model)
    (tmp_path / "main.c").write_text(
        '#include "net.h"\n#include <stdio.h>\n'
        "int main(void)\n{\n    for (int i = 0; i < 3; i++)\n        puts(net_names[i]);\n"
        "    return 0;\n}\n"
    )
    program = compile_strictly(tmp_path, "net.c", "main.c")
    done = subprocess.run([program], capture_output=True, check=True)
    assert done.stdout.decode().splitlines() == names


def test_layers_that_have_no_form_in_c_are_named_all_at_once(monkeypatch):
    for kind in ("maxpool", "stack"):
        monkeypatch.delitem(FORMS._entries, kind)
    with pytest.raises(ArchitectureError, match="C has no form of maxpool, stack; use other"):
        build_c(make_model(TEXT, SHAPE), "net")
