"""Compile `kernels/<name>.pyx` into `cnncli.kernels.<isa>.<name>`, once per instruction set."""

import os
import platform
import shutil
import sysconfig
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

DEBUG = "CNNCLI_DEBUG_KERNELS" in os.environ  # bounds checks, for the tests
X86 = platform.machine().lower() in {"x86_64", "amd64"}
FLAGS = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-fopenmp"]
ISAS = {
    "avx512": [
        *("-mavx512f", "-mavx512vl", "-mavx512bw", "-mavx512dq", "-mavx2", "-mfma"),
        "-mprefer-vector-width=512",
    ],
    "avx2": ["-mavx2", "-mfma"],
    "base": [],
}
SOURCES = Path("kernels")
SHARED = "cnncli.kernels._shared"  # what Cython's memoryviews need, compiled once for all modules


class BuildKernels(build_ext):
    """Say in one sentence what a machine without a compiler lacks, then compile in parallel."""

    def run(self) -> None:
        """Check for what the build needs before anything is compiled."""
        compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
        if not (shutil.which(compiler) or shutil.which("gcc") or shutil.which("cc")):
            raise SystemExit(
                f"cnncli: no C compiler found ({compiler}); install one, for instance with "
                "'apt install gcc' or 'dnf install gcc', and run the command again"
            )
        if not Path(sysconfig.get_path("include"), "Python.h").exists():
            raise SystemExit(
                "cnncli: Python.h not found; install Python's headers, for instance with "
                "'apt install python3-dev' or 'dnf install python3-devel', and try again"
            )
        self.parallel = self.parallel or os.cpu_count()
        super().run()


def included(source: Path) -> list[str]:
    """Return a source and the headers and .pxd files it needs, directly or through another."""
    text = source.read_text(encoding="utf-8")
    needed = [
        other
        for other in sorted([*SOURCES.glob("*.h"), *SOURCES.glob("*.pxd")])
        if other != source and (other.name in text or f"{SOURCES}.{other.stem} cimport" in text)
    ]
    return [source.as_posix()] + [name for other in needed for name in included(other)]


def extension(name: str, source: Path, flags: list[str]) -> Extension:
    """Describe one module; `depends` is also what puts the headers into the sdist."""
    return Extension(
        name=name,
        sources=[source.as_posix()],
        depends=included(source) if source.exists() else [],
        include_dirs=[SOURCES.as_posix()],
        extra_compile_args=[*FLAGS, *flags],
        extra_link_args=["-fopenmp"],
    )


def compiled(folder: str, extensions: list[Extension]) -> list[Extension]:
    """Translate the Cython sources of some modules into a folder of their own."""
    return cythonize(
        extensions,
        build_dir=f"build/cython/{folder}",
        shared_utility_qualified_name=SHARED,
        compiler_directives={
            "language_level": "3",
            "boundscheck": DEBUG,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": DEBUG,
        },
    )


sources = sorted(source for source in SOURCES.glob("*.pyx") if source.stem != "cpu")
if not sources:
    raise SystemExit("setup.py: no kernels/*.pyx beside setup.py; the source tree is incomplete")

isas = ISAS if X86 else {"base": []}
if os.environ.get("CNNCLI_ISA") in isas:  # while working on a kernel, one of them is enough
    isas = {os.environ["CNNCLI_ISA"]: isas[os.environ["CNNCLI_ISA"]]}
modules = compiled(
    "shared",
    [
        extension("cnncli.kernels.cpu", SOURCES / "cpu.pyx", []),
        extension(SHARED, Path("_shared.c"), []),
    ],
)
for isa, flags in isas.items():
    modules += compiled(
        isa, [extension(f"cnncli.kernels.{isa}.{one.stem}", one, flags) for one in sources]
    )
setup(cmdclass={"build_ext": BuildKernels}, ext_modules=modules)
