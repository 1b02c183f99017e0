"""How fast cnncli answers for an ONNX file beside ONNX Runtime, one image at a time.

Each measurement is a process of its own; in a round both are measured, one after the other.
Figures are medians over rounds.

    python tests/benchmarks/imported.py resnet18.onnx mobilenet_v2.onnx
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys

import numpy as np
from contestants import output
from measure import seconds_per_step


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE.onnx")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cnncli", default=shutil.which("cnncli"), metavar="PATH")
    parser.add_argument("--runtime", action="store_true", help="measure ONNX Runtime in here")
    given = parser.parse_args()
    if given.runtime:
        print(json.dumps({"images_per_second": measure_runtime(given)}))
        return
    print("| file | cnncli | ONNX Runtime | cnncli / ONNX Runtime |")
    print("| --- | --: | --: | --: |")
    for file in given.files:
        pairs = [compare(given, file) for _ in range(given.rounds)]
        ours, theirs = (statistics.median(rates) for rates in zip(*pairs, strict=True))
        print(f"| {file} | {ours:.4g} | {theirs:.4g} | {ours / theirs:.2f}x |", flush=True)


def compare(given: argparse.Namespace, file: str) -> tuple[float, float]:
    """Return the images per second of both, each in a process of its own."""
    limits = ["--threads", str(given.threads), "--seconds", str(given.seconds)]
    ours = [given.cnncli, "bench", file, "--mode", "predict", "-b", "1", *limits]
    theirs = [sys.executable, __file__, "--runtime", file, *limits]
    rates = (json.loads(output(command)) for command in ([*ours, "--quiet", "--json"], theirs))
    first, second = (record["images_per_second"] for record in rates)
    return first, second


def measure_runtime(given: argparse.Namespace) -> float:
    """Return ONNX Runtime's images per second."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = given.threads
    session = onnxruntime.InferenceSession(given.files[0], options, ["CPUExecutionProvider"])
    (taken,) = session.get_inputs()
    shape = [size if isinstance(size, int) else 1 for size in taken.shape]
    image = np.random.default_rng(0).standard_normal(shape, np.float32)
    return 1 / seconds_per_step(lambda: session.run(None, {taken.name: image}), given.seconds)


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(str(error))
