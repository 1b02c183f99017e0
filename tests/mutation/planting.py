"""Plant faults in a copy of the project, one at a time, and see that the tests notice.

`pytest -m mutation` does all of them; `python tests/mutation/planting.py NAME…` those named.
For faults in kernels the copy compiles its own, for plain CPUs and with little optimization;
for the others it takes the kernels that have been compiled beside the sources. PyTorch cannot be
imported: whatever only a comparison with it notices lives.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from mutation.fault import Fault
from mutation.faults import FAULTS

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = (".git", ".venv", "build", "__pycache__", ".*_cache")
COMPILER = '#!/bin/sh\nexec ${CNNCLI_CC:-cc} "$@" -O1\n'
WITHOUT_TORCH = 'raise ModuleNotFoundError("planted faults are noticed without PyTorch")\n'
SCRIPT = "#!{python}\nimport sys\nfrom cnncli.cli import main\nsys.exit(main())\n"
NO_TESTS_FAILED, TESTS_FAILED, NOT_IMPORTED = 0, 1, 2  # exit codes of pytest


class Copy:
    """A copy of the project to plant faults in, with the kernels that have been compiled."""

    def __init__(self, folder: Path, *leave_out: str) -> None:
        self.folder, self.root = folder, folder / "project"
        shutil.copytree(ROOT, self.root, ignore=shutil.ignore_patterns(*LEFT_OUT, *leave_out))
        hidden, scripts = folder / "hidden", folder / "bin"
        hidden.mkdir()
        scripts.mkdir()
        (hidden / "torch.py").write_text(WITHOUT_TORCH)
        (scripts / "cnncli").write_text(SCRIPT.format(python=sys.executable))
        (scripts / "cnncli").chmod(0o755)
        self.environment = os.environ | {
            "PATH": f"{scripts}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{self.root}:{hidden}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def build(self) -> None:
        """Make what has changed ready to run: Python is."""

    def run_tests(self, *paths: str) -> bool:
        """Say whether the tests in these files pass."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *paths]
        run = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True)
        if run.returncode not in (NO_TESTS_FAILED, TESTS_FAILED, NOT_IMPORTED):
            raise AssertionError(run.stdout.decode() + run.stderr.decode())
        return run.returncode == NO_TESTS_FAILED

    def notices(self, fault: Fault) -> bool:
        """Plant a fault, say whether its tests fail, and take it out again."""
        path = self.root / fault.file
        whole = path.read_text(encoding="utf-8")
        path.write_text(whole.replace(fault.right, fault.wrong), encoding="utf-8")
        try:
            self.build()
            return not self.run_tests(*fault.tests)
        finally:
            path.write_text(whole, encoding="utf-8")


class KernelCopy(Copy):
    """A copy that compiles the kernels in which faults are planted."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "*.so")
        compiler = folder / "cc"
        compiler.write_text(COMPILER)
        compiler.chmod(0o755)
        self.environment |= {
            "CC": str(compiler),
            "CNNCLI_CC": (sysconfig.get_config_var("CC") or "cc").split()[0],
            "CNNCLI_ISA": "base",
        }
        self.build()

    def build(self) -> None:
        """Compile what has changed; raise CalledProcessError where it does not compile."""
        command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
        subprocess.run(
            command, cwd=self.root, env=self.environment, check=True, capture_output=True
        )


class Field:
    """The copies that faults are planted in, each made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _python(self) -> Copy:
        return Copy(self.folder / "python")

    @cached_property
    def _kernels(self) -> KernelCopy:
        return KernelCopy(self.folder / "kernels")

    def notices(self, fault: Fault) -> bool:
        """Say whether the tests of a fault fail where it is planted."""
        return self._choose_copy(fault).notices(fault)

    def is_sound(self, faults: Iterable[Fault]) -> bool:
        """Say whether the tests of all these faults pass where none is planted."""
        tests: dict[Copy, set[str]] = {}
        for fault in faults:
            tests.setdefault(self._choose_copy(fault), set()).update(fault.tests)
        return all(copy.run_tests(*sorted(paths)) for copy, paths in tests.items())

    def _choose_copy(self, fault: Fault) -> Copy:
        return self._kernels if fault.file.startswith("kernels/") else self._python


def main() -> None:
    """Plant the faults named, or all; say which lived and exit 1 where any did."""
    names = sys.argv[1:] or list(FAULTS)
    with tempfile.TemporaryDirectory() as folder:
        field = Field(Path(folder))
        if not field.is_sound(FAULTS[name] for name in names):
            sys.exit("some of the tests fail without a fault")
        lived = 0
        for name in names:
            before = time.monotonic()
            noticed = field.notices(FAULTS[name])
            lived += not noticed
            seconds = time.monotonic() - before
            print(f"{'died ' if noticed else 'LIVED'}  {name}  {seconds:.0f} s", flush=True)
    print(f"{len(names) - lived} of {len(names)} faults died")
    sys.exit(bool(lived))


if __name__ == "__main__":
    main()
