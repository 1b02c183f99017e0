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


def included(source: Path, known: tuple[Path, ...] = ()) -> tuple[Path, ...]:
    """Return a source and the headers and .pxd files it needs, directly or through another."""
    text = source.read_text(encoding="utf-8")
    known += (source,)
    for other in sorted(
        path for kind in ("h", "pxd", "pxi") for path in SOURCES.rglob(f"*.{kind}")
    ):
        module = ".".join(other.with_suffix("").parts)
        named = f'"{other.name}"' in text or f"{module} cimport" in text
        if named and other not in known:
            known = included(other, known)
    return known


def extension(name: str, source: Path) -> Extension:
    """Describe one module; `depends` is also what puts the headers into the sdist."""
    needed = included(source) if source.exists() else ()
    return Extension(
        name=name,
        sources=[source.as_posix()],
        depends=[path.as_posix() for path in needed],
        include_dirs=[SOURCES.as_posix(), source.parent.as_posix()],
        extra_link_args=["-fopenmp"],
    )


def compiled(folder: str, flags: list[str], extensions: list[Extension]) -> list[Extension]:
    """Translate the Cython sources of some modules into a folder of their own."""
    modules = cythonize(
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
    for module in modules:  # not before: cythonize would hand them on to the next call
        module.extra_compile_args = [*FLAGS, *flags]
    return modules


sources = sorted(source for source in SOURCES.rglob("*.pyx") if source.stem != "cpu")
if not sources:
    raise SystemExit("setup.py: no kernels/*.pyx beside setup.py; the source tree is incomplete")

isas = ISAS if X86 else {"base": []}
if os.environ.get("CNNCLI_ISA") in isas:  # while working on a kernel, one of them is enough
    isas = {os.environ["CNNCLI_ISA"]: isas[os.environ["CNNCLI_ISA"]]}
alike = [
    extension("cnncli.kernels.cpu", SOURCES / "cpu.pyx"),
    extension(SHARED, Path("_shared.c")),
]
modules = compiled("shared", [], alike)
for isa, flags in isas.items():
    one_per_source = [extension(f"cnncli.kernels.{isa}.{one.stem}", one) for one in sources]
    modules += compiled(isa, flags, one_per_source)
setup(cmdclass={"build_ext": BuildKernels}, ext_modules=modules)
