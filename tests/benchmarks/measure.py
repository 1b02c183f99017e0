"""One measurement of one rival, in a process of its own; the last line it prints is JSON."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
from exported import Exported
from workloads import WORKLOADS

WARM_UP = 3  # steps, at least


def seconds_per_step(step: Callable[[], object], seconds: float) -> float:
    """Return the median over steps, after a warm-up, as `cnncli bench` does."""
    start = time.perf_counter()
    for _ in range(WARM_UP):
        step()
    while time.perf_counter() - start < seconds / 4:
        step()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def difference(logits: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest deviation of any of the batches, relative to the largest logit."""
    deviation = np.reshape(logits, (-1, *expected.shape)) - expected
    return float(np.abs(deviation).max() / np.abs(expected).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", help="torch for with_torch.py, ...")
    parser.add_argument("variant")
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("mode", choices=["train", "predict", "predict-1"])
    parser.add_argument("directory", type=Path, help="where exported.py has written")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--check", action="store_true", help="compare with PyTorch instead")
    given = parser.parse_args()
    rival = import_module(f"with_{given.family}")
    workload = WORKLOADS[given.workload]
    if given.mode == "train":
        step, parameters = rival.trainer(workload, given.threads, given.variant)
        result: dict[str, float] = {"parameters": parameters}
        images = workload.batch
    else:
        files = Exported(
            given.directory, workload, 1 if given.mode == "predict-1" else workload.batch
        )
        step = rival.predictor(files, given.threads, given.variant)
        logits = np.array(step())
        result = {"difference": difference(logits, files.logits)}
        images = len(logits)
    if not given.check:
        result = {"images_per_second": images / seconds_per_step(step, given.seconds)}
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
