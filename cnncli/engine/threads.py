"""How many CPUs this process may use."""

from __future__ import annotations

import math
import os

GROUPS = "/sys/fs/cgroup"


def cpu_count() -> int:
    """Return the CPUs of this process: its affinity, cut to the quota of its control group."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(allowed or 1, _quota()))


def _quota() -> int:
    """Return the CPUs that a cgroup v2 or v1 quota comes to, rounded up; a large number if none."""
    try:
        quota, period = _text("cpu.max").split()
    except (OSError, ValueError):
        try:
            quota = _text("cpu/cpu.cfs_quota_us").strip()
            period = _text("cpu/cpu.cfs_period_us").strip()
        except OSError:
            return 1 << 20
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return 1 << 20
    return max(1, math.ceil(int(quota) / int(period)))


def _text(name: str) -> str:
    with open(f"{GROUPS}/{name}") as file:  # noqa: PTH123 - pathlib takes its time to import
        return file.read()
