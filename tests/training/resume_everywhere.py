"""Stop a training everywhere, resume it, and compare the model with that of an unstopped one.

    python tests/training/resume_everywhere.py --kills 100
    python tests/training/resume_everywhere.py --optimizers adamw sgd momentum --augment strong
    python tests/training/resume_everywhere.py --kind masks --also '--average 0.9 --patience 2'

Each case, a network with an optimizer, is trained for 3 epochs on a small set of its own. It is
stopped by SIGTERM in the middle of every step and resumed, on other numbers of threads; stopped and
resumed in one chain; then killed (SIGKILL) time and again, half of the times at a random moment,
half of them while a file is being written, and resumed. Every way has to end with the same bytes
and with no file left over; after a kill each file that is there has to be sound.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
from PIL import Image

NETWORKS = {
    "images": {
        "plain": "conv(4, 3) >> relu >> maxpool >> dropout(0.3) >> dense(classes)",
        "bn": "conv(4, 3, bias=no) >> bn >> relu >> global_avgpool >> dense(classes)",
        "residual": "conv(4, 3, pad=1) >> (conv(4, 3, pad=1) >> bn) + id >> relu >> dense(classes)",
    },
    "masks": {"unet": "conv(4, 3, pad=1) >> bn >> relu >> conv(classes, 1)"},
    "signals": {"plain": "conv(4, 5) >> bn >> relu >> maxpool(2) >> dense(classes)"},
}
SAMPLES, BATCH, EPOCHS = 40, 8, 3
CHILD = "--in-child"


def main() -> int:
    options = parse_options()
    print(f"{'network':10} {'optimizer':10} {'digests':>7}  ways to end")
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        data = make_data(Path(folder), options.kind)
        for name in options.networks or NETWORKS[options.kind]:
            for optimizer in options.optimizers:
                case = Case(Path(folder), data, NETWORKS[options.kind][name], optimizer, options)
                digests = case.run()
                case.clear()
                print(f"{name:10} {optimizer:10} {len(set(digests)):7}  {len(digests)}", flush=True)
                bad += len(set(digests)) != 1
    return bad > 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=NETWORKS, default="images")
    parser.add_argument("--networks", nargs="+", help="names of networks; all of the kind")
    parser.add_argument("--optimizers", nargs="+", default=["adamw"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2, 3, 4])
    parser.add_argument("--augment", help="what --augment gets")
    parser.add_argument("--also", default="", help="other options of train, in one word")
    parser.add_argument("--every", type=int, default=1, help="stop in every k-th step")
    parser.add_argument("--kills", type=int, default=10, help="by SIGKILL, for each case")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    return parser.parse_args()


def make_data(folder: Path, kind: str) -> Path:
    """Write a set of two classes that a network can tell apart, and return its path."""
    numbers = np.random.default_rng(0)
    labels = np.arange(SAMPLES) % 2
    if kind == "signals":
        waves = np.sin(np.arange(32) * np.where(labels, 0.5, 1.0)[:, None])
        values = waves[..., None] + 0.3 * numbers.standard_normal((SAMPLES, 32, 1))
        np.savez(folder / "set.npz", x=values.astype(np.float32), y=labels)
        return folder / "set.npz"
    pixels = numbers.integers(0, 120, (SAMPLES, 12, 12)).astype(np.uint8)
    pixels[labels == 1, ::2] += 100
    if kind == "images":
        np.savez(folder / "set.npz", x=pixels[..., None], y=labels)
        return folder / "set.npz"
    for part, pictures in (("images", pixels), ("masks", (pixels > 100).astype(np.uint8))):
        (folder / "set" / part).mkdir(parents=True)
        for number, picture in enumerate(pictures):
            Image.fromarray(picture).save(folder / "set" / part / f"{number}.png")
    return folder / "set"


class Case:
    """A network and an optimizer."""

    def __init__(
        self, folder: Path, data: Path, arch: str, optimizer: str, options: argparse.Namespace
    ) -> None:
        self.folder = folder / "models"
        self.folder.mkdir(exist_ok=True)
        self.model = self.folder / "m.npz"
        self.arguments = ["train", str(data), "-o", str(self.model), "-q"]
        self.begin = ["--arch", arch, "--optimizer", optimizer, "--epochs", str(EPOCHS)]
        self.begin += ["-b", str(BATCH)] + (["--img-size", "12"] if options.kind == "masks" else [])
        self.begin += ["--augment", options.augment] if options.augment else []
        self.begin += shlex.split(options.also)
        self.options = options
        self.random = random.Random(options.seed)
        self.threads = 0

    def run(self) -> list[str]:
        """Return the digest of the model of each way to the end; the first was never stopped."""
        begin = time.monotonic()
        steps, writes = self.count()
        seconds = time.monotonic() - begin
        digests = [self.finish()]
        for step in range(1, steps, self.options.every):
            self.start(stop_in_step=step).check(-signal.SIGTERM)
            self.start(resume=True).check(0)
            digests.append(self.finish())
        for step in range(1, steps, self.options.every):
            self.start(resume=step > 1, stop_in_step=step).check(-signal.SIGTERM)
        self.start(resume=True).check(0)
        digests.append(self.finish())
        return digests + list(self.kill(self.options.kills, seconds, writes))

    def count(self) -> tuple[int, int]:
        """Train without a stop; return the steps and the writes that it takes."""
        counts = self.folder / "counts"
        self.start(counts=counts).check(0)
        steps, writes = map(int, counts.read_text().split())
        counts.unlink()
        return steps, writes

    def kill(self, kills: int, seconds: float, writes: int) -> Iterator[str]:
        """Kill and resume until there were so many kills; yield the digest of each end."""
        resume = False
        while kills:
            while_writing = self.random.random() < 0.5
            run = self.start(
                resume=resume,
                kill_in_write=self.random.randint(1, writes) if while_writing else 0,
            )
            if not while_writing:
                run.kill_after(self.random.uniform(0.3, 1.0) * seconds)
            code = run.wait()
            assert code in (0, -signal.SIGKILL), run.errors()
            kills -= code != 0
            resume = code != 0
            self.verify()
            if code == 0:
                yield self.finish()
        self.start(resume=resume).check(0)
        yield self.finish()

    def start(self, *, resume: bool = False, **faults: object) -> Run:
        """Start a training that ends as the faults say; on other threads than the last one."""
        self.threads += 1
        threads = self.options.threads[self.threads % len(self.options.threads)]
        given = ["--resume"] if resume and self.is_begun() else [*self.begin, "--resume"]
        arguments = [*self.arguments, *given, "-j", str(threads)]
        words = [f"{name}={value}" for name, value in faults.items()]
        return Run([sys.executable, __file__, CHILD, ",".join(words), *arguments])

    def is_begun(self) -> bool:
        return Path(f"{self.model}.ckpt").exists()

    def verify(self) -> None:
        """Raise ModelFileError where a file that is there is not sound."""
        from cnncli.model_file import load_model
        from cnncli.training.checkpoint import load_checkpoint

        if self.model.exists():
            load_model(self.model)
        if self.is_begun():
            load_checkpoint(Path(f"{self.model}.ckpt"))

    def finish(self) -> str:
        """Return the digest of the model, which has to be the only file, and remove it."""
        names = [path.name for path in self.folder.iterdir()]
        assert names == [self.model.name], f"left over: {names}"
        digest = hashlib.sha256(self.model.read_bytes()).hexdigest()
        self.clear()
        return digest

    def clear(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()


class Run:
    """A process that trains."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def kill_after(self, seconds: float) -> None:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def wait(self) -> int:
        return self.process.wait(timeout=600)

    def check(self, expected: int) -> None:
        """Wait for the end; raise AssertionError for another exit code."""
        code = self.wait()
        assert code == expected, f"exit code {code}, not {expected}: {self.errors()}"

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()


def be_child(words: str, arguments: list[str]) -> None:
    """Run cnncli with a fault: SIGTERM in the middle of a step, or SIGKILL while a file is written.

    `words` are `stop_in_step=K`, `kill_in_write=K` or `counts=FILE`, which gets how many steps and
    writes there were.
    """
    from cnncli.cli import main
    from cnncli.engine.optimizers import Optimizer
    from cnncli.model_file import atomic

    faults = dict(word.split("=") for word in words.split(",") if word)
    counts = {"steps": 0, "writes": 0}
    step, write, fsync, replace, leave = (
        Optimizer.step, atomic._write, os.fsync, Path.replace, os._exit,
    )  # fmt: skip

    def count_write() -> None:
        counts["writes"] += 1
        if counts["writes"] == int(faults.get("kill_in_write", 0)):
            os.kill(os.getpid(), signal.SIGKILL)

    class CountedStream:
        def __init__(self, stream: BinaryIO) -> None:
            self.stream = stream

        def write(self, data: bytes) -> None:
            self.stream.write(data)
            self.stream.flush()
            count_write()

        def flush(self) -> None:
            self.stream.flush()

    def step_and_count(optimizer: Optimizer, *values: Any) -> None:
        counts["steps"] += 1
        if optimizer.steps + 1 == int(faults.get("stop_in_step", 0)):
            os.kill(os.getpid(), signal.SIGTERM)
        step(optimizer, *values)

    def fsync_and_count(descriptor: int) -> None:
        fsync(descriptor)
        count_write()

    def replace_and_count(path: Path, target: Path) -> Path:
        replaced = replace(path, target)
        count_write()
        return replaced

    def leave_with_counts(code: int) -> NoReturn:
        if "counts" in faults:
            Path(faults["counts"]).write_text(f"{counts['steps']} {counts['writes']}")
        leave(code)

    Optimizer.step = step_and_count
    atomic._write = lambda stream, data: write(CountedStream(stream), data)
    os.fsync, Path.replace, os._exit = fsync_and_count, replace_and_count, leave_with_counts
    sys.argv = ["cnncli", *arguments]
    main()


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        be_child(sys.argv[2], sys.argv[3:])
    sys.exit(main())
