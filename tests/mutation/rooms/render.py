"""Faults in how results are drawn."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "zero-is-not-in-the-middle-of-the-colors": Fault(
        "cnncli/render/colors.py",
        "np.abs(_keep_finite(values)).max(initial=0)",
        "_keep_finite(values).max(initial=0)",
        ("tests/render/test_colors.py",),
    ),
    "a-nan-has-the-color-of-a-number": Fault(
        "cnncli/render/colors.py",
        "        colors[np.isnan(values).any(axis=-1)] = NOT_A_NUMBER\n",
        "",
        ("tests/render/test_colors.py",),
    ),
}
