"""Faults in what looks inside a network."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "negative-values-are-dead": Fault(
        "cnncli/inspection/figures.py",
        "np.any(values.reshape(len(values), -1) != 0, axis=1)",
        "np.any(values.reshape(len(values), -1) > 0, axis=1)",
        ("tests/inspection/test_figures.py",),
    ),
    "an-activation-is-found-behind-a-branch": Fault(
        "cnncli/inspection/layer_choice.py",
        "if len(readers) != 1 or",
        "if not readers or",
        ("tests/inspection/test_layer_choice.py",),
    ),
}
