"""How much memory this process may still take, whatever it runs in."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from cnncli.allowance import Allowance

UNKNOWN = 2 << 30  # where the system does not say
PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")
ADDRESSES, RESIDENT, DATA = 0, 1, 5  # fields of statm, in pages


def measure_available_memory() -> int:
    """Return the bytes that are free in the machine and in the control groups around us.

    Less where the process is limited (ulimit -v or -d), or users allow less.
    """
    rooms = (Allowance.bytes, _read_machine(), *_read_process(), *_read_groups())
    return max(min((room for room in rooms if room is not None), default=UNKNOWN), 0)


def _read_machine() -> int | None:
    for line in _read_text(PROC / "meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def measure_resident_memory() -> int:
    """Return the bytes of memory that this process has now; 0 where the system does not say."""
    return _count_pages(RESIDENT) * resource.getpagesize()


def _read_process() -> Iterator[int | None]:
    """Yield what is left of the address space (ulimit -v) and of the data (ulimit -d)."""
    for kind, field in ((resource.RLIMIT_AS, ADDRESSES), (resource.RLIMIT_DATA, DATA)):
        limit, _ = resource.getrlimit(kind)
        unlimited = limit == resource.RLIM_INFINITY
        yield None if unlimited else limit - _count_pages(field) * resource.getpagesize()


def _count_pages(field: int) -> int:
    pages = _read_text(PROC / "self/statm").split()
    return int(pages[field]) if pages else 0


def _read_groups() -> Iterator[int | None]:
    """Yield the room in our control group and in those around it (versions 2 and 1)."""
    for line in _read_text(PROC / "self/cgroup").splitlines():
        _, controllers, inner = line.split(":", 2)
        if controllers == "":
            root, limit, used = CGROUPS, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            root, limit, used = CGROUPS / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        group = root / inner.lstrip("/")
        for folder in (group, *group.parents):
            yield _read_room(folder, limit, used)
            if folder == root:
                break


def _read_room(folder: Path, limit: str, used: str) -> int | None:
    bound, taken = _read_text(folder / limit).strip(), _read_text(folder / used).strip()
    if not bound.isdigit() or not taken.isdigit():
        return None
    lines = _read_text(folder / "memory.stat").splitlines()
    statistics = dict(line.split() for line in lines if line.count(" ") == 1)
    return int(bound) - int(taken) + int(statistics.get("inactive_file", 0))  # cache can be dropped


def _read_text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
