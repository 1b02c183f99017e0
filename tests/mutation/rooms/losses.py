"""Faults in the losses."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "labels-are-not-smoothed": Fault(
        "cnncli/losses/cross_entropy.py",
        "return replace(self, smoothing=smoothing)",
        "return self",
        ("tests/losses/test_base.py",),
    ),
    "a-weighted-mean-divides-by-the-number-of-samples": Fault(
        "cnncli/losses/cross_entropy.py",
        "total: float = elementwise.sum_weights(rows, weights, labels)",
        "total = float(rows)",
        ("tests/losses/test_cross_entropy.py",),
    ),
    "a-rare-class-is-doubted-for-its-rarity": Fault(
        "cnncli/losses/cross_entropy.py",
        "np.add(output[:n], offsets, out=adjusted[:n])",
        "np.subtract(output[:n], offsets, out=adjusted[:n])",
        ("tests/losses/test_cross_entropy.py",),
    ),
    "a-rare-label-weighs-less": Fault(
        "cnncli/losses/binary_cross_entropy.py",
        "missing / np.maximum(given, 1)",
        "given / np.maximum(missing, 1)",
        ("tests/losses/test_binary_cross_entropy.py",),
    ),
    "the-loss-of-an-image-is-the-sum-over-its-pixels": Fault(
        "cnncli/losses/cross_entropy.py",
        "sums[:, 0] / np.maximum(sums[:, 1], 1)",
        "sums[:, 0]",
        ("tests/losses/test_cross_entropy.py",),
    ),
    "the-loss-is-the-mean-over-the-batch-size": Fault(
        "cnncli/losses/distance.py",
        "return float(losses[:n].sum()) / n",
        "return float(losses[:n].sum()) / len(losses)",
        ("tests/losses/test_distance.py",),
    ),
    "dice-counts-classes-that-do-not-occur": Fault(
        "cnncli/losses/dice.py",
        "seen = counts > 0",
        "seen = counts >= 0",
        ("tests/losses/test_dice.py",),
    ),
}
