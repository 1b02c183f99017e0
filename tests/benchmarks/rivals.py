"""How fast cnncli is beside the frameworks, on the same cores, in turns.

Each measurement is a process of its own. In a round every rival is measured once, so that a busy
moment of the machine hits all; figures are medians over rounds. Training is compared with the best
of PyTorch and TensorFlow, prediction with the best of ONNX Runtime, OpenVINO, ncnn and MNN. Torch
and onnx must be there, because they write the networks for the others; what else is absent is said.

    pip install torch tensorflow-cpu onnx onnxruntime openvino ncnn pnnx MNN numpy pillow
    python tests/benchmarks/rivals.py --only lenet5,vgg_small -o results.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

from contest import Contest, note
from contestants import OURS, PREDICT, RIVALS, Programs, hold_to_avx2, output
from table import summary, tables
from workloads import WORKLOADS

STEPS = ("train", *PREDICT)
MODES = (*STEPS, "process")
FAMILIES = sorted({one.family for one in RIVALS})


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    given = arguments()
    programs = Programs(given.cnncli, dict(given.python))
    versions = programs.versions()
    wanted = [one for one in RIVALS if one.family in given.rivals]
    present = [one for one in wanted if versions[one.family].keys() >= set(one.modules)]
    absent = sorted({one.family for one in wanted} - {one.family for one in present})
    workloads = [WORKLOADS[name] for name in given.only]
    with tempfile.TemporaryDirectory() as directory:
        if given.avx2:
            hold_to_avx2(Path(directory))
        contest = Contest(
            programs, [OURS, *present], Path(directory), given.rounds, given.seconds, given.threads
        )
        if given.check:
            modes = [one for one in given.modes if one in STEPS]
            sys.exit(0 if contest.check(workloads, modes) else 1)
        results = list(contest.results(workloads, given.modes))
        circumstances = describe_circumstances(given, programs)
    print(tables(results))
    print("\n" + write_circumstances(circumstances))
    note("absent: " + (", ".join(absent) or "none"))
    if given.output:
        record = {**circumstances, "versions": versions, "absent": absent}
        record["failures"] = contest.failures
        record |= {"summary": summary(results), "results": results}
        given.output.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", type=_names(WORKLOADS), default=list(WORKLOADS), metavar="NETWORKS"
    )
    parser.add_argument("--modes", type=_names(MODES), default=list(MODES))
    parser.add_argument("--rivals", type=_names(FAMILIES), default=FAMILIES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--avx2", action="store_true", help="hide AVX-512 from all of them (needs gcc)"
    )
    parser.add_argument("--check", action="store_true", help="only that all compute the same")
    parser.add_argument("--cnncli", default=shutil.which("cnncli"), metavar="PATH")
    parser.add_argument(
        "--python", action="append", default=[], type=lambda text: text.split("=", 1),
        metavar="RIVAL=PATH", help="a Python for torch, tensorflow, ..., instead of this one",
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, metavar="RESULTS.json")
    given = parser.parse_args()
    if given.cnncli is None:
        parser.error("cnncli is not on the PATH; name it with --cnncli")
    return given


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        found = text.split(",")
        if unknown := set(found) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not of {', '.join(known)}")
        return found

    return names


def describe_circumstances(given: argparse.Namespace, programs: Programs) -> dict[str, Any]:
    """Return on what was measured, and how."""
    return {
        "date": date.today().isoformat(),
        "cpu": _cpu(),
        "cpus": len(os.sched_getaffinity(0)),
        "instruction_set": programs.instruction_set(),
        "held_to_avx2": given.avx2,
        "caches": _caches(),
        "threads": given.threads,
        "rounds": given.rounds,
        "seconds": given.seconds,
        "system": platform.platform(),
        "cnncli": output([programs.cnncli, "--version"]).split()[-1],
    }


def write_circumstances(circumstances: dict[str, Any]) -> str:
    """Return the line that belongs under a table."""
    caches = ", ".join(f"{name} {size}" for name, size in circumstances["caches"].items())
    held = ", AVX-512 hidden from all" if circumstances["held_to_avx2"] else ""
    return (
        f"{circumstances['cpu']}, caches {caches or 'unknown'}; cnncli with "
        f"{circumstances['instruction_set']}{held}, {circumstances['threads']} threads; "
        f"{circumstances['rounds']} rounds, {circumstances['date']}"
    )


def _cpu() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    models = [line.partition(":")[2] for line in text.splitlines() if "model name" in line]
    return models[0].strip() if models else platform.machine()


def _caches() -> dict[str, str]:
    """Return the sizes of the caches for data that the first CPU sees, as Linux writes them."""
    caches = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, size, kind = (
            (folder / name).read_text(encoding="utf-8").strip()
            for name in ("level", "size", "type")
        )
        if kind != "Instruction":
            caches[f"L{level}"] = size
    return caches


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, OSError) as error:
        sys.exit(str(error))
