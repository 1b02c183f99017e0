"""Faults in trained models: what they answer."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "a-gradient-is-that-of-the-class-of-an-earlier-input": Fault(
        "cnncli/trained/probe.py",
        "if outputs is None else outputs[rows]",
        "if outputs is None else outputs[:n]",
        ("tests/trained/test_probe.py",),
    ),
    "gradients-keep-the-classes-of-the-last-call": Fault(
        "cnncli/trained/probe.py",
        "            dy[:] = 0\n",
        "",
        ("tests/trained/test_probe.py",),
    ),
    "relus-pass-gradients-as-they-did-before": Fault(
        "cnncli/trained/probe.py",
        "key = (most, keep, gradients, relu, end)",
        "key = (most, keep, gradients, end)",
        ("tests/trained/test_probe.py",),
    ),
    "only-the-first-batch-is-kept": Fault(
        "cnncli/trained/probe.py",
        "results[name][rows] = value[: rows.stop - rows.start]",
        "results[name][: rows.stop - rows.start] = value[: rows.stop - rows.start]",
        ("tests/trained/test_probe.py",),
    ),
    "a-sample-is-not-normalized": Fault(
        "cnncli/trained/sample.py",
        "    preprocessing.normalize(values[None], np.zeros(1, np.int64), normalized)\n",
        "    normalized[0] = values\n",
        ("tests/trained/test_sample.py",),
    ),
}
