"""Rounds of measurements, the rivals taking turns."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
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

    def results(self, workloads: list[Workload], modes: list[str]) -> Iterator[Result]:
        """Return a result for each workload, mode and rival that could be measured."""
        for workload in workloads:
            if set(modes) & set(PREDICT):
                self.programs.export(workload, self.directory)
            for mode in modes:
                if mode != "process":
                    yield from self._steps(workload, mode)
        if "process" in modes:
            yield from self._processes()

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
                        found = self._measured(rival, workload, mode, "--check")
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
                    note(f"{rival.name}: {error}")
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
        commands = one_image.commands(self.programs, self.directory, set(rivals))
        results = {
            family: {**_result("lenet5", "process", 1, rivals[family]), "megabytes": []}
            for family in commands
        }
        for _ in range(RUNS):
            for family, command in commands.items():
                seconds, megabytes = one_image.measure(command)
                results[family]["rounds"].append(seconds)
                results[family]["megabytes"].append(megabytes)
        return list(results.values())


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
