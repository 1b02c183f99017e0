"""Faults in what an answer is, how it is scored and counted."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "equally-likely-classes-are-named-in-reverse-order": Fault(
        "cnncli/tasks/classification/task.py",
        'np.argsort(-output, kind="stable")[: top_k or 1]',
        'np.argsort(output, kind="stable")[::-1][: top_k or 1]',
        ("tests/tasks/classification/test_task.py",),
    ),
    "the-confusion-matrix-is-transposed": Fault(
        "cnncli/tasks/classification/task.py",
        "(judged.label, judged.predicted), 1)",
        "(judged.predicted, judged.label), 1)",
        ("tests/tasks/classification/test_task.py",),
    ),
    "labels-are-matched-by-position": Fault(
        "cnncli/tasks/classification/task.py",
        "number = {name: i for i, name in enumerate(self.outputs)}",
        "number = {name: i for i, name in enumerate(sorted(set(samples.labels)))}",
        ("tests/tasks/classification/test_task.py",),
    ),
    "precision-and-recall-are-swapped": Fault(
        "cnncli/tasks/class_figures.py",
        "counts = zip(confusion.diagonal(), claimed, confusion.sum(1), strict=True)",
        "counts = zip(confusion.diagonal(), confusion.sum(1), claimed, strict=True)",
        ("tests/tasks/classification/test_task.py",),
    ),
    "calibration-bins-are-closed-below": Fault(
        "cnncli/tasks/metrics.py",
        "np.ceil(confidence * ECE_BINS).astype(int) - 1",
        "np.floor(confidence * ECE_BINS).astype(int)",
        ("tests/tasks/test_metrics.py",),
    ),
    "the-interval-is-that-of-wald": Fault(
        "cnncli/tasks/metrics.py",
        "half = math.sqrt(weight * share * (1 - share) + weight**2 / 4) / (1 + weight)",
        "half = math.sqrt(weight * share * (1 - share))",
        ("tests/tasks/test_metrics.py",),
    ),
    "equal-chances-are-thresholds-apart": Fault(
        "cnncli/tasks/metrics.py",
        "levels[1:] != levels[:-1]",
        "levels[1:] <= levels[:-1]",
        ("tests/tasks/test_metrics.py",),
    ),
    "the-union-counts-hits-twice": Fault(
        "cnncli/tasks/segmentation/map_figures.py",
        "share(hits, support + claimed - hits)",
        "share(hits, support + claimed)",
        ("tests/tasks/segmentation/test_task.py",),
    ),
    "small-masks-weigh-as-much-as-large-ones": Fault(
        "cnncli/tasks/segmentation/map_figures.py",
        "finite_or_none(pixels @ loss / max(total, 1))",
        "finite_or_none(loss.mean())",
        ("tests/tasks/segmentation/test_task.py",),
    ),
    "numbers-are-matched-by-position": Fault(
        "cnncli/tasks/reading.py",
        "[samples.columns.index(name) for name in names]",
        "list(range(len(names)))",
        ("tests/tasks/regression/test_task.py",),
    ),
    "a-label-needs-more-than-its-threshold": Fault(
        "cnncli/tasks/multi_label/task.py",
        "if chances[k] >= needed[k]",
        "if chances[k] > needed[k]",
        ("tests/tasks/multi_label/test_task.py",),
    ),
    "a-few-samples-change-all-confidence": Fault(
        "cnncli/tasks/classification/task.py",
        "len(judged) < FEWEST or",
        "len(judged) < 1 or",
        ("tests/tasks/classification/test_task.py",),
    ),
}
