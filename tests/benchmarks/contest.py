"""Rounds of measurements, the rivals taking turns."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import one_image
from contestants import OURS, PREDICT, Programs, Rival, output
from workloads import Workload

DIFFERENCE = 1e-3  # of logits, at most, relative to the largest
RUNS = 10  # of whole processes

Result = dict[str, Any]


@dataclass
class Contest:
    """The programs and the rivals, how they are measured, and a directory for their files."""

    programs: Programs
    rivals: list[Rival]
    directory: Path
    rounds: int
    seconds: float
    threads: int
    failures: list[dict[str, str]] = field(default_factory=list)

    def results(self, workloads: list[Workload], modes: list[str]) -> Iterator[Result]:
        """Return a result for each workload, mode and rival that could be measured."""
        for workload in workloads:
            exported = not set(modes) & set(PREDICT) or self._exported(workload)
            for mode in modes:
                if mode == "train" or (mode in PREDICT and exported):
                    yield from self._steps(workload, mode)
        if "process" in modes:
            yield from self._processes()

    def _exported(self, workload: Workload) -> bool:
        try:
            self.programs.export(workload, self.directory)
        except RuntimeError as error:
            self._failed(workload.name, "export", "all that predict", error)
            return False
        return True

    def _failed(self, workload: str, mode: str, rival: str, error: RuntimeError) -> None:
        note(f"{workload}, {mode}, {rival}: {error}")
        failure = {"workload": workload, "mode": mode, "rival": rival, "reason": str(error)}
        if failure not in self.failures:
            self.failures.append(failure)

    def check(self, workloads: list[Workload], modes: list[str]) -> bool:
        """Tell whether all compute the same: parameters in training, logits in prediction."""
        good = True
        for workload in workloads:
            self.programs.export(workload, self.directory)
            expected = {"parameters": self.programs.parameters(workload)}
            note(f"{workload.name}, cnncli: {expected}")
            for mode in modes:
                for rival in self._taking_part(mode):
                    if (mode, rival) != ("train", OURS):
                        try:
                            found = self._measured(rival, workload, mode, "--check")
                        except RuntimeError as error:
                            found = {"failed": str(error)}
                        same = found == expected or found.get("difference", 1) < DIFFERENCE
                        note(f"{workload.name}, {mode}, {rival.name}: {found}{'' if same else '!'}")
                        good &= same
        return good

    def _taking_part(self, mode: str) -> list[Rival]:
        return [one for one in self.rivals if mode in one.modes]

    def _steps(self, workload: Workload, mode: str) -> list[Result]:
        batch = 1 if mode == "predict-1" else workload.batch
        rivals = self._taking_part(mode)
        results = [_result(workload.name, mode, batch, rival) for rival in rivals]
        for turn in range(self.rounds):
            note(f"{workload.name}, {mode}: round {turn + 1} of {self.rounds}")
            for rival, result in zip(rivals, results, strict=True):
                try:
                    found = self._measured(rival, workload, mode)
                except RuntimeError as error:
                    self._failed(workload.name, mode, rival.name, error)
                else:
                    result["rounds"].append(found["images_per_second"])
        return [one for one in results if one["rounds"]]

    def _measured(self, rival: Rival, workload: Workload, mode: str, *more: str) -> Result:
        if rival is OURS and not more:
            batch = 1 if mode == "predict-1" else workload.batch
            command = [*self.programs.bench(workload, mode, batch), "--json", "--quiet"]
        else:
            command = self.programs.measure(rival, workload, mode, self.directory)
        command += ["--threads", str(self.threads), "--seconds", str(self.seconds), *more]
        threads = {"OMP_NUM_THREADS": str(self.threads)}
        return json.loads(output(command, {**threads, **rival.environment}).splitlines()[-1])

    def _processes(self) -> list[Result]:
        rivals = {one.family: one for one in reversed(self.rivals)}
        try:
            commands = one_image.commands(self.programs, self.directory, set(rivals))
        except RuntimeError as error:
            self._failed("lenet5", "process", "all", error)
            return []
        results = {
            family: {**_result("lenet5", "process", 1, rivals[family]), "megabytes": []}
            for family in commands
        }
        for _ in range(RUNS):
            for family, command in commands.items():
                try:
                    seconds, megabytes = one_image.measure(command)
                except RuntimeError as error:
                    self._failed("lenet5", "process", rivals[family].name, error)
                else:
                    results[family]["rounds"].append(seconds)
                    results[family]["megabytes"].append(megabytes)
        return [one for one in results.values() if one["rounds"]]


def _result(workload: str, mode: str, batch: int, rival: Rival) -> Result:
    return {
        "workload": workload,
        "mode": mode,
        "batch": batch,
        "rival": rival.name,
        "family": rival.family,
        "compared": rival.compared(mode),
        "unit": "s" if mode == "process" else "images/s",
        "rounds": [],
    }


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
