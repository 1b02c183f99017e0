"""Faults in the commands."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "signals-do-not-wait-for-the-step": Fault(
        "cnncli/commands/_training_events.py",
        "    with postpone_signals():\n        return next(events)\n",
        "    return next(events)\n",
        ("tests/commands/test_training_events.py",),
    ),
    "failed-items-do-not-change-the-exit-code": Fault(
        "cnncli/commands/predict.py",
        "    if failed:\n",
        "    if failed == count:\n",
        ("tests/commands/test_predict.py::test_bad_images_are_reported_in_their_place_as_json",),
    ),
    "a-gate-is-held-by-what-lies-below": Fault(
        "cnncli/commands/evaluate.py",
        "reached < fail_under",
        "reached > fail_under",
        (
            "tests/commands/test_evaluate.py::test_a_gate_that_is_not_met_ends_with_6_after_the_figures",
        ),
    ),
    "what-is-not-defined-passes-a-gate": Fault(
        "cnncli/commands/evaluate.py",
        "(reached is None or reached < fail_under)",
        "reached is not None and reached < fail_under",
        (
            "tests/commands/test_numbers_and_labels.py::test_a_figure_that_is_not_defined_holds_no_gate",
        ),
    ),
}
