"""One image, one process: from the start of a program to its answer, and the memory it took."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from contestants import HERE, Programs, output
from workloads import WORKLOADS

DIGITS = HERE.parent.parent / "sample_data" / "digits"
MODELS = {"onnxruntime": "lenet5-1.onnx", "torch": "lenet5.pt"}


def commands(programs: Programs, directory: Path, families: set[str]) -> dict[str, list[str]]:
    """Train LeNet-5 for an epoch, and return what names a digit with it, by family."""
    model, lenet5 = str(directory / "m.npz"), WORKLOADS["lenet5"]
    settings = ["--arch", lenet5.text, "--epochs", "1", "--normalize", "unit", "--quiet"]
    output([programs.cnncli, "train", str(DIGITS), "-o", model, *settings])
    programs.export(lenet5, directory, "--weights", model)
    image = str(min((DIGITS / "test" / "7").iterdir()))
    found = {"cnncli": [programs.cnncli, "predict", model, image]}
    for family in MODELS.keys() & families:
        script = str(HERE / f"one_image_{family}.py")
        found[family] = [programs.python(family), script, str(directory / MODELS[family]), image]
    return found


def measure(command: list[str]) -> tuple[float, float]:
    """Return the seconds a program took, and the megabytes at most.

    The system counts in what this process had when it started the other one; it is small.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return seconds, usage.ru_maxrss * 1024 / 1e6
