"""Who takes part, in which modes, what must be installed for it, and how it is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from workloads import Workload

HERE = Path(__file__).parent
PREDICT = ("predict", "predict-1")
ALL = ("train", *PREDICT)
# By default glibc hands large blocks back to the system, and takes them again in every step.
KEEPING = {"MALLOC_TRIM_THRESHOLD_": "4294967296", "MALLOC_MMAP_THRESHOLD_": "4294967296"}
VERSIONS = """
import importlib.metadata, json, sys
from importlib.metadata import packages_distributions, version
installed = packages_distributions()
found = {name: version(installed[name][0]) for name in sys.argv[1:] if name in installed}
print(json.dumps({"python": sys.version.split()[0], **found}))
"""


@dataclass(frozen=True)
class Rival:
    """A way of running networks; `family` names its file, with_torch.py, and its column."""

    name: str
    family: str
    modes: tuple[str, ...]
    modules: tuple[str, ...]
    variant: str = "-"
    environment: dict[str, str] = field(default_factory=dict)

    def compared(self, mode: str) -> bool:
        """Tell whether we compare ourselves with it: PyTorch predicts for orientation only."""
        return self.family != "torch" or mode not in PREDICT


COLUMNS = {
    "cnncli": "cnncli", "torch": "PyTorch", "tensorflow": "TensorFlow",
    "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "ncnn": "ncnn", "mnn": "MNN",
}  # fmt: skip
TORCH, NCNN = ("torch",), ("ncnn", "pnnx")
OURS = Rival("cnncli", "cnncli", ALL, ())
RIVALS = (
    Rival("PyTorch", "torch", ALL, TORCH),
    Rival("PyTorch channels_last", "torch", ALL, TORCH, "channels_last"),
    Rival("PyTorch keeping memory", "torch", ("train",), TORCH, "-", KEEPING),
    Rival(
        "PyTorch channels_last keeping memory", "torch", ("train",), TORCH, "channels_last", KEEPING
    ),
    Rival("TensorFlow", "tensorflow", ("train",), ("tensorflow", "keras")),
    Rival("ONNX Runtime", "onnxruntime", PREDICT, ("onnxruntime",)),
    Rival("OpenVINO for latency", "openvino", PREDICT, ("openvino",), "latency"),
    Rival("OpenVINO for throughput", "openvino", ("predict",), ("openvino",), "throughput"),
    Rival("ncnn", "ncnn", PREDICT, NCNN),
    Rival("ncnn, an image per thread", "ncnn", ("predict",), NCNN, "images"),
    Rival("MNN", "mnn", PREDICT, ("MNN",)),
)


@dataclass(frozen=True)
class Programs:
    """Our program, and the Python of each family where that is not the running one."""

    cnncli: str
    pythons: dict[str, str]

    def python(self, family: str) -> str:
        return self.pythons.get(family, sys.executable)

    def versions(self) -> dict[str, dict[str, str]]:
        """Return the versions of what each family needs, as far as it is installed."""
        needed: dict[str, set[str]] = {}
        for rival in RIVALS:
            needed.setdefault(rival.family, {"onnx", "numpy", "PIL"}).update(rival.modules)
        return {
            family: json.loads(output([self.python(family), "-c", VERSIONS, *sorted(modules)]))
            for family, modules in needed.items()
        }

    def export(self, workload: Workload, directory: Path, *more: str) -> None:
        """Have exported.py write the files that the rivals predict with."""
        script = str(HERE / "exported.py")
        output([self.python("torch"), script, str(directory), workload.name, *more])

    def measure(self, rival: Rival, workload: Workload, mode: str, directory: Path) -> list[str]:
        """Return the command that measures one of the rivals."""
        command = [self.python(rival.family), str(HERE / "measure.py"), rival.family, rival.variant]
        return [*command, workload.name, mode, str(directory)]

    def bench(self, workload: Workload, mode: str, batch: int) -> list[str]:
        """Return the command that measures us."""
        command = [self.cnncli, "bench", *_network(workload), "-b", str(batch)]
        return [*command, "--mode", mode.partition("-")[0], "--optimizer", "momentum"]

    def instruction_set(self) -> str:
        """Return the instruction set that our kernels use here."""
        command = [self.cnncli, "bench", "lenet5", "--seconds", "0.1", "--quiet", "--json"]
        found: str = json.loads(output(command))["instruction_set"]
        return found

    def parameters(self, workload: Workload) -> int:
        """Return how many parameters our network has."""
        found = json.loads(output([self.cnncli, "shape-calc", *_network(workload), "--json"]))
        return found["total"]["params"]


def hold_to_avx2(directory: Path) -> None:
    """Have all programs begun from now on find a CPU without AVX-512, whatever they ask it."""
    library = directory / "hold_to_avx2.so"
    source = str(HERE / "hold_to_avx2.c")
    output(["gcc", "-O2", "-shared", "-fPIC", "-o", str(library), source])
    os.environ["LD_PRELOAD"] = str(library)


def _network(workload: Workload) -> list[str]:
    size = "x".join(map(str, workload.size))
    return [workload.text, "--input", size, "--classes", str(workload.classes)]


def output(command: list[str], environment: dict[str, str] | None = None) -> str:
    """Run a program and return what it prints; raise RuntimeError if it fails."""
    everything = {**os.environ, **(environment or {})}
    run = subprocess.run(command, capture_output=True, text=True, env=everything)
    if run.returncode:
        said = (run.stderr.strip() or run.stdout.strip() or "nothing").splitlines()[-1]
        raise RuntimeError(f"{command[:3]} ended with {run.returncode}: {said}")
    return run.stdout
