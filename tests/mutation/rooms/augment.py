"""Faults in how images are varied."""

from __future__ import annotations

from mutation.fault import Fault

FAULTS = {
    "all-steps-draw-the-same": Fault(
        "cnncli/augment/draws.py",
        'f"augment {self.step} {purpose}"',
        'f"augment {purpose}"',
        ("tests/augment/test_augmentation.py",),
    ),
    "draws-forget-the-epoch": Fault(
        "cnncli/augment/draws.py",
        "randomness.draw(self.seed, self.epoch, self.samples",
        "randomness.draw(self.seed, 0, self.samples",
        ("tests/augment/test_contract.py",),
    ),
    "moves-are-joined-in-reverse-order": Fault(
        "cnncli/augment/augmentation.py",
        "reduce(np.matmul, moves, start_matrices(len(draws)))",
        "reduce(np.matmul, [*moves][::-1], start_matrices(len(draws)))",
        ("tests/augment/test_augmentation.py",),
    ),
    "colors-are-mixed-in-reverse-order": Fault(
        "cnncli/augment/augmentation.py",
        "reduce(np.matmul, reversed(colors))",
        "reduce(np.matmul, colors)",
        ("tests/augment/test_augmentation.py",),
    ),
    "alternating-flips-do-not-alternate": Fault(
        "cnncli/augment/draws.py",
        "!= np.uint64(self.epoch % 2)",
        "!= np.uint64(0)",
        ("tests/augment/test_flips.py",),
    ),
    "a-share-of-the-height-moves-across": Fault(
        "cnncli/augment/shifts.py",
        'draws.whole(-across, across, "across")',
        'draws.whole(-down, down, "across")',
        ("tests/augment/test_shifts.py",),
    ),
    "contrast-moves-levels-from-black": Fault(
        "cnncli/augment/color.py",
        "(1 - factors) * MIDDLE",
        "0",
        ("tests/augment/test_color.py",),
    ),
    "saturation-does-not-keep-the-luma": Fault(
        "cnncli/augment/color.py",
        "(1 - factors) * LUMA",
        "(1 - factors) / 3",
        ("tests/augment/test_color.py",),
    ),
    "a-blur-makes-images-darker": Fault(
        "cnncli/augment/noise.py",
        "weights / weights.sum(axis=1, keepdims=True)",
        "weights / weights.sum(axis=1, keepdims=True).max()",
        ("tests/augment/test_noise.py",),
    ),
    "a-sample-is-mixed-with-itself": Fault(
        "cnncli/augment/augmentation.py",
        "draws.whole(1, max(1, count - 1)",
        "draws.whole(0, max(1, count - 1)",
        ("tests/augment/test_mixing.py",),
    ),
    "cutmix-counts-what-lies-beyond-the-image": Fault(
        "cnncli/augment/mixing.py",
        "1 - (bottom - top) * (right - left) / (height * width)",
        "1 - sides**2",
        ("tests/augment/test_mixing.py",),
    ),
    "the-steps-of-a-policy-draw-the-same": Fault(
        "cnncli/augment/policies.py",
        "drawn = draws.within(place)",
        "drawn = draws",
        ("tests/augment/test_policies.py",),
    ),
    "the-shares-of-mixup-are-not-spread-as-beta": Fault(
        "cnncli/augment/draws.py",
        "** (-1 / alpha) - 1",
        "** (-2 / alpha) - 1",
        ("tests/augment/test_draws.py",),
    ),
}
