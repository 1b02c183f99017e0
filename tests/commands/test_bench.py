import json
import re

import pytest

NETWORK = ("conv(8, 3) >> relu >> conv(8, 3) >> bn >> relu >> dense(classes)",
           "--input", "12x12x3", "--classes", "4")  # fmt: skip
QUICK = ("--seconds", "0.05")


def record(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_json_has_the_fields_of_the_contract(run):
    found = record(run("bench", *NETWORK, *QUICK, "-b", "8", "-j", "1", "--json"))
    assert list(found) == [
        "schema", "command", "mode", "batch_size", "threads", "instruction_set",
        "images_per_second", "gflops", "peak_gflops", "layers",
    ]  # fmt: skip
    assert (found["schema"], found["command"], found["mode"]) == (1, "bench", "train")
    assert (found["batch_size"], found["threads"]) == (8, 1)
    assert 0 < found["gflops"] < found["peak_gflops"]
    for layer in found["layers"]:
        assert list(layer) == [
            "name", "forward_ms", "backward_ms", "gflops",
            "compute_limit_ms", "memory_limit_ms", "reached",
        ]  # fmt: skip
        assert layer["forward_ms"] > 0 and layer["backward_ms"] > 0
        least = max(layer["compute_limit_ms"], layer["memory_limit_ms"])
        assert 0 < least / (layer["forward_ms"] + layer["backward_ms"]) < layer["reached"] + 1e-9
    names = "+".join(layer["name"] for layer in found["layers"])
    assert names == "conv1+relu1+conv2+bn1+relu2+dense1"


def test_operations_are_those_of_every_pass_that_is_needed(run):
    found = record(run("bench", *NETWORK, *QUICK, "-b", "4", "--json"))
    macs = [10 * 10 * 8 * 27, 8 * 8 * 8 * 72, 8 * 8 * 8 * 4]
    operations = 2 * (macs[0] * 2 + macs[1] * 3 + macs[2] * 3)  # the first needs no dx
    speed = found["images_per_second"]
    assert found["gflops"] == pytest.approx(operations * speed / 1e9, rel=1e-6)


def test_answers_alone_have_no_backward_pass(run):
    found = record(run("bench", *NETWORK, *QUICK, "--mode", "predict", "--json"))
    assert found["mode"] == "predict"
    assert {layer["backward_ms"] for layer in found["layers"]} == {None}


def test_without_json_it_is_two_lines(run):
    done = run("bench", *NETWORK, *QUICK, "-b", "8", "-j", "2")
    assert re.fullmatch(
        r"[\d.e+]+ images/s \(train, batches of 8, threads: 2\)\n"
        r"[\d.]+ GFLOP/s, \d+ % of the [\d.]+ this CPU reaches\n",
        done.stdout,
    )


def test_per_layer_adds_a_table(run):
    done = run("bench", *NETWORK, *QUICK, "--per-layer", "-q")
    lines = done.stdout.splitlines()
    assert " ".join(lines[4].split()) == (
        "layer forward ms backward ms GFLOP/s FMA ms memory ms reached"
    )
    assert lines[5].startswith("conv1+relu1 ") and lines[-1].startswith("dense1 ")
    assert done.stderr == ""


def test_single_images_have_a_latency(run):
    for flags in ((), ("--latency",), ("--no-latency",)):
        done = run("bench", *NETWORK, *QUICK, "--mode", "predict", "-b", "1", *flags)
        assert re.search(r"^[\d.]+ ms per image$", done.stdout, re.M)


@pytest.mark.parametrize("arguments", [["-b", "1"], ["--mode", "predict", "-b", "2"]])
def test_latency_is_for_single_images(run, arguments):
    done = run("bench", *NETWORK, *arguments, "--latency")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--mode predict -b 1" in done.stderr


def test_a_preset_needs_no_further_word(run):
    assert record(run("bench", "lenet5", "-b", "2", *QUICK, "--json"))["layers"]


def test_a_trained_model_is_a_network_too(run, model):
    found = record(run("bench", model, "-b", "2", *QUICK, "--json"))
    assert found["layers"][0]["name"].startswith("conv1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["conv(8, 3)"], "--input is missing"),
        (["dense(classes)", "--input", "8x8x1"], "--classes"),
        (["conv(8, 9)", "--input", "8x8x1"], "conv"),
        (["lenet5", "--seconds", "0"], "--seconds"),
    ],
)
def test_what_cannot_be_measured_is_a_usage_error(call, arguments, message):
    done = call("bench", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr


def test_a_network_too_large_for_the_memory_is_one_line(shell):
    line = "cnncli bench 'conv(512, 3)' --input 512x512x64 -b 4096 -q"
    done = shell(f"ulimit -v 8000000; {line}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "cnncli: the network takes 4320.1 GB of memory at a batch size of "
    )
    assert done.stderr.endswith("; a smaller batch or input takes less\n")


def test_each_algorithm_of_convolution_can_be_measured(run):
    network = ("conv(32, 3) >> relu >> dense(2)", "--input", "10x10x16")
    for conv_algo in ("auto", "direct"):
        assert record(run("bench", *network, *QUICK, "--conv-algo", conv_algo, "--json"))["layers"]
    done = run("bench", *network, "--conv-algo", "fft")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'auto', 'direct'" in done.stderr
