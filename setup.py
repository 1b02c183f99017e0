"""Compile the Cython and C sources in `kernels/` into `cnncli.kernels.<isa>.<name>`.

CNNCLI_ISA says for which instruction sets. By default for the best one that this machine runs, and
for any machine of its kind (`base`): that is what an installation needs, editable or not, and takes
a third of the time of all. `CNNCLI_ISA=all` is for wheels that go to other machines, a name alone
(`CNNCLI_ISA=avx2`) for work on a kernel. kernels/README.md has the map of the sources.
"""

import os
import platform
import shutil
import subprocess
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.modified import newer_group

X86 = platform.machine().lower() in {"x86_64", "amd64"}
ISAS_X86 = {
    "avx512": [
        *("-mavx512f", "-mavx512vl", "-mavx512bw", "-mavx512dq", "-mavx2", "-mfma"),
        "-mprefer-vector-width=512",
    ],
    "avx2": ["-mavx2", "-mfma"],
    "base": ["-O1"],  # for old machines and tests alone
}
# Loads moved far ahead of their use, as GCC does except on x86, leave too few registers for tiles.
ISAS = ISAS_X86 if X86 else {"base": ["-fno-schedule-insns"]}
GLUE = ["-O1"]  # for modules without loops over numbers: cpu and _shared
CHECKS = os.environ.get("CNNCLI_DEBUG_KERNELS", "")  # 1: bounds of arrays; sanitize: all
FLAGS = ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-fopenmp"]
SANITIZERS = [
    "-fsanitize=address,undefined",
    # what the first one sees as well, and what takes minutes to compile in unrolled tiles
    "-fno-sanitize=null,alignment,object-size,pointer-overflow",
]
CHECKING = ["-O1", "-g1", *(SANITIZERS if CHECKS == "sanitize" else [])] if CHECKS else []
DIRECTIVES = {
    "language_level": "3",
    "boundscheck": bool(CHECKS),
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": bool(CHECKS),
}
SOURCES = Path("kernels")
BUILD = Path("build", f"kernels{CHECKS and '-'}{CHECKS}")
SHARED = "_shared.c"  # written by Cython: what memoryviews need, once for all modules


def find_compiler() -> str | None:
    """Return the path of the C compiler, if there is one."""
    command = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    return next(filter(None, map(shutil.which, (command, "gcc", "cc"))), None)


def choose_isas() -> list[str]:
    """Return the instruction sets to compile for."""
    wanted = os.environ.get("CNNCLI_ISA", "")
    if wanted in ISAS:
        return [wanted]
    compiler = find_compiler()
    if wanted == "all" or not compiler:
        return list(ISAS)
    command = [compiler, "-march=native", "-dM", "-E", "-x", "c", os.devnull]
    macros = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    if all(f"__AVX512{part}__" in macros for part in ("F", "VL", "BW", "DQ")):
        return ["avx512", "base"]
    return ["avx2", "base"] if "__AVX2__" in macros and "__FMA__" in macros else ["base"]


def list_extensions() -> list[Extension]:
    """Describe every module with its sources; `depends` is also what the sdist needs of headers."""
    families = sorted(SOURCES.glob("*/"))
    if not families:
        raise SystemExit("setup.py: no kernels/*/ beside setup.py; the source tree is incomplete")
    common = [*SOURCES.glob("*.h"), *SOURCES.glob("*.pxd")]
    extensions = [
        Extension("cnncli.kernels.cpu", ["kernels/cpu.pyx"]),
        Extension("cnncli.kernels._shared", [SHARED]),
    ]
    for family in families:
        headers = [path for kind in ("h", "pxd", "pxi") for path in family.glob(f"*.{kind}")]
        tiles = sorted(path.as_posix() for path in family.glob("*.c"))
        for isa in choose_isas():
            extensions.append(
                Extension(
                    f"cnncli.kernels.{isa}.{family.name}",
                    [f"{family.as_posix()}/{family.name}.pyx", *tiles],
                    depends=sorted(path.as_posix() for path in [*common, *headers]),
                )
            )
    return extensions


class BuildKernels(build_ext):
    """Say in one sentence what a machine without a compiler lacks, then compile in parallel."""

    def run(self) -> None:
        """Check for what the build needs before anything is translated or compiled."""
        if not find_compiler():
            raise SystemExit(
                "cnncli: no C compiler found; install one, for instance with "
                "'apt install gcc' or 'dnf install gcc', and run the command again"
            )
        if not Path(sysconfig.get_path("include"), "Python.h").exists():
            raise SystemExit(
                "cnncli: Python.h not found; install Python's headers, for instance with "
                "'apt install python3-dev' or 'dnf install python3-devel', and try again"
            )
        super().run()

    def build_extensions(self) -> None:
        """Translate each source once, compile it for each instruction set, and link."""
        translated = translate({extension.sources[0] for extension in self.extensions})
        units = [
            (extension, translated.get(source, source))
            for extension in self.extensions
            for source in extension.sources
        ]
        units.sort(
            key=lambda unit: (not unit[1].endswith("_tiles.c"), -Path(unit[1]).stat().st_size)
        )
        with ThreadPoolExecutor(self.parallel or os.cpu_count()) as pool:  # the longest first
            objects = list(pool.map(lambda unit: self.compile_unit(*unit), units))
        for extension in self.extensions:
            self.compiler.link_shared_object(
                [name for unit, name in zip(units, objects, strict=True) if unit[0] is extension],
                self.get_ext_fullpath(extension.name),
                extra_postargs=["-fopenmp", *CHECKING],
            )

    def compile_unit(self, extension: Extension, source: str) -> str:
        """Compile one C file for the instruction set of its module; return the object's path."""
        isa = extension.name.split(".")[2]
        folder = (BUILD / isa).as_posix()
        output = self.compiler.object_filenames([source], output_dir=folder)[0]
        if newer_group([source, *extension.depends], output):
            self.compiler.compile(
                [source],
                folder,
                include_dirs=[SOURCES.as_posix()],
                extra_postargs=[*FLAGS, *ISAS.get(isa, GLUE), *CHECKING],
            )
        return output


def translate(sources: set[str]) -> dict[str, str]:
    """Translate Cython sources to C, in parallel; return where the C of each is.

    A module has the same name in every instruction set, so that the C is the same.
    """
    from Cython.Build import cythonize

    translated = cythonize(
        [Extension(f"cnncli.kernels.{Path(source).stem}", [source]) for source in sorted(sources)],
        nthreads=os.cpu_count(),
        build_dir=BUILD.as_posix(),
        shared_utility_qualified_name="cnncli.kernels._shared",
        compiler_directives=DIRECTIVES,
    )
    paths = {module.name.rpartition(".")[2]: module.sources[0] for module in translated}
    return {source: paths[Path(source).stem] for source in sources}


if __name__ == "__main__":
    setup(cmdclass={"build_ext": BuildKernels}, ext_modules=list_extensions())
