from __future__ import annotations

from pathlib import Path

import pytest

from cnncli import memory
from cnncli.allowance import Allowance

GB = 1 << 30


@pytest.fixture
def machine(tmp_path: Path, monkeypatch) -> Path:
    """Return a folder that stands for a machine with 8 GB free."""
    monkeypatch.setattr(memory, "PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "CGROUPS", tmp_path / "cgroup")
    write(tmp_path / "proc/meminfo", f"MemTotal: 1 kB\nMemAvailable: {8 * GB // 1024} kB\n")
    return tmp_path


def write(file: Path, text: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(str(text))


def test_without_groups_the_machine_counts(machine: Path) -> None:
    assert memory.measure_available_memory() == 8 * GB


def test_the_tightest_group_around_us_counts(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "0::/pod/job\n")
    write(machine / "cgroup/pod/job/memory.max", "max")
    write(machine / "cgroup/pod/job/memory.current", GB)
    write(machine / "cgroup/pod/memory.max", 4 * GB)
    write(machine / "cgroup/pod/memory.current", 3 * GB)
    write(machine / "cgroup/pod/memory.stat", f"anon 5\ninactive_file {GB // 2}\n")
    assert memory.measure_available_memory() == GB + GB // 2


def test_groups_of_version_1_count_too(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/job\n")
    write(machine / "cgroup/memory/job/memory.limit_in_bytes", 2 * GB)
    write(machine / "cgroup/memory/job/memory.usage_in_bytes", GB)
    assert memory.measure_available_memory() == GB


def test_a_full_group_leaves_nothing(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "0::/\n")
    write(machine / "cgroup/memory.max", GB)
    write(machine / "cgroup/memory.current", 2 * GB)
    assert memory.measure_available_memory() == 0


def test_a_system_that_does_not_say_gets_a_guess(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(memory, "PROC", tmp_path)
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    assert memory.measure_available_memory() == memory.UNKNOWN


def test_what_users_allow_counts_too(machine: Path, monkeypatch) -> None:
    monkeypatch.setattr(Allowance, "bytes", 3 * GB)
    assert memory.measure_available_memory() == 3 * GB


def test_a_limited_process_has_what_is_left_of_its_address_space(machine, monkeypatch) -> None:
    monkeypatch.setattr(memory.resource, "getrlimit", lambda _: (2 * GB, 2 * GB))
    monkeypatch.setattr(memory.resource, "getpagesize", lambda: 4096)
    write(machine / "proc/self/statm", f"{GB // 4096} 9 9 9 9 9 9\n")
    assert memory.measure_available_memory() == GB


def test_this_machine_has_some() -> None:
    assert memory.measure_available_memory() > 1 << 24


def test_a_process_whose_data_are_limited_has_what_is_left_of_them(machine, monkeypatch) -> None:
    limits = {memory.resource.RLIMIT_DATA: 2 * GB}
    unlimited = memory.resource.RLIM_INFINITY
    monkeypatch.setattr(
        memory.resource, "getrlimit", lambda kind: (limits.get(kind, unlimited), unlimited)
    )
    monkeypatch.setattr(memory.resource, "getpagesize", lambda: 4096)
    write(machine / "proc/self/statm", f"{9 * GB // 4096} 9 9 9 9 {GB // 4096} 0\n")
    assert memory.measure_available_memory() == GB


def test_a_process_knows_what_it_has_taken(machine, monkeypatch) -> None:
    assert memory.measure_resident_memory() == 0  # where nobody says
    monkeypatch.setattr(memory.resource, "getpagesize", lambda: 4096)
    write(machine / "proc/self/statm", "900 100 9 9 9 9 0\n")
    assert memory.measure_resident_memory() == 100 * 4096
