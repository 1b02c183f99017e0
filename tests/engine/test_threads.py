import os
import subprocess
import sys

import pytest

from cnncli.engine import threads


def test_the_affinity_of_the_process_is_respected():
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("no CPU affinity on this system")
    code = (
        "import os; from cnncli.engine.threads import cpu_count; "
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); print(cpu_count())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "1"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "max 100000"}, 1 << 20),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 1 << 20),
        ({}, 1 << 20),
    ],
)
def test_the_quota_of_the_control_group_is_rounded_up(files, expected, tmp_path, monkeypatch):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(threads, "GROUPS", str(tmp_path))
    assert threads._quota() == expected
