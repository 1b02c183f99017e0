"""The command `convert` with C files as targets."""

import hashlib
import json
import subprocess

import numpy as np
import pytest
from c_compiler import compile_strictly, needs_compiler


@needs_compiler
def test_a_c_file_is_written_with_the_proof_that_it_answers_the_same(run, model, tmp_path):
    target = tmp_path / "m.c"
    done = run("convert", model, target, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    checked = record["checked"]
    assert checked["against"].startswith("the C file compiled by ")
    assert checked["inputs"] == 16 and checked["top1_agree"] is True
    assert 0 <= checked["max_rel"] < 1e-5
    text = target.read_text()
    assert record["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert "Proved: all first answers to 16 inputs are those" in text
    assert f"{tmp_path}/m.h" in done.stderr


@needs_compiler
def test_a_program_that_includes_it_answers_as_predict_does(run, model, image, tmp_path):
    assert run("convert", model, tmp_path / "m.c").returncode == 0
    record = json.loads(run("predict", model, image, "--json").stdout)
    (tmp_path / "main.c").write_text(
        '#include "m.h"\n#include <stdio.h>\n'
        "int main(void)\n{\n"
        "    static uint8_t pixels[M_INPUT_SIZE];\n"
        "    static float output[M_OUTPUT_SIZE];\n"
        "    if (fread(pixels, sizeof pixels, 1, stdin) != 1)\n        return 1;\n"
        "    int answer = m_predict_pixels(pixels, output);\n"
        '    printf("%s %.6f\\n", m_names[answer], output[answer]);\n'
        "    return 0;\n}\n"
    )
    program = compile_strictly(tmp_path, "m.c", "main.c")
    from PIL import Image

    shape = tuple(json.loads(bytes(np.load(model)["manifest"]))["input"])
    with Image.open(image) as picture:
        pixels = np.asarray(picture.convert("L")).reshape(shape)
    done = subprocess.run([program], input=pixels.tobytes(), capture_output=True, check=True)
    name, confidence = done.stdout.decode().split()
    assert name == record["label"]
    assert float(confidence) == pytest.approx(record["confidence"], abs=1e-5)


@needs_compiler
def test_a_proof_that_fails_is_exit_code_6_and_writes_nothing(run, model, tmp_path):
    done = run("convert", model, tmp_path / "m.c", "--tolerance", "0", "--check", "100")
    assert done.returncode == 6
    assert "above --tolerance 0, so nothing was written" in done.stderr
    assert not list(tmp_path.iterdir())


def test_without_a_compiler_it_is_said_that_nothing_was_proved(run, model, tmp_path):
    done = run("convert", model, tmp_path / "m.c", env={"CC": "no-compiler"})
    assert done.returncode == 0
    assert "not checked that it answers the same, which takes a C compiler, cc" in done.stderr
    assert (tmp_path / "m.c").exists() and (tmp_path / "m.h").exists()


def test_a_compiler_that_fails_is_one_line_and_writes_nothing(run, model, tmp_path):
    done = run("convert", model, tmp_path / "m.c", env={"CC": "false"})
    assert done.returncode == 1
    assert done.stderr == (
        f"cnncli: {tmp_path}/m.c: the C compiler false refuses it (no reason given), so nothing "
        "was written; set the environment variable CC to another\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_header_that_is_there_already_is_kept(run, model, tmp_path):
    (tmp_path / "m.h").write_text("mine")
    done = run("convert", model, tmp_path / "m.c", "--check", "0")
    assert done.returncode == 2
    assert f"{tmp_path}/m.h: already exists; use -f to overwrite it" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["m.h"]
    assert run("convert", model, tmp_path / "m.c", "--check", "0", "-f").returncode == 0


@pytest.mark.parametrize("option", [["--opset", "17"], ["--no-fold"], ["--embed-preprocessing"]])
def test_what_c_files_do_not_have_is_refused(call, model, tmp_path, option):
    done = call("convert", model, tmp_path / "m.c", *option)
    assert done.returncode == 2
    assert f"{option[0]} is not for such files; leave it out" in done.stderr
