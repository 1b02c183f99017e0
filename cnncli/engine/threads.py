"""How many CPUs this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path


def cpu_count() -> int:
    """Return the CPUs of this process: its affinity, cut to the quota of its control group."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(allowed or 1, _quota()))


def _quota() -> int:
    """Return the CPUs that a cgroup v2 or v1 quota comes to, rounded up; a large number if none."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            folder = Path("/sys/fs/cgroup/cpu")
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return 1 << 20
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return 1 << 20
    return max(1, math.ceil(int(quota) / int(period)))
